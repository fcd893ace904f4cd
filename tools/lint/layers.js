// The import table of the architecture, as data: which layer may import which, and what of others. The linter is made
// from it, so that a layer that reaches upwards, or a pure layer that reaches for the host, fails before it is reviewed.

/**
 * Layers from the ground up; folders and single files of ours, the more special before the more general. A folder is one wherever
 * it is found below the root; what stands at the root alone is given in full.
 */
export const LAYERS = [
  { type: 'base', pattern: 'src/base' },
  { type: 'raft-types', pattern: 'src/raft/types.ts', mode: 'full' },
  { type: 'raft', pattern: 'src/raft' },
  { type: 'fsm-encryption', pattern: 'src/fsm/encryption' },
  { type: 'fsm-words', pattern: 'src/fsm/{opcodes,failure}.ts', mode: 'full' },
  { type: 'fsm', pattern: 'src/fsm' },
  { type: 'gate', pattern: 'src/gate' },
  { type: 'admin', pattern: 'src/admin' },
  { type: 'scenario', pattern: 'src/scenario' },
  { type: 'subjects', pattern: 'src/subjects' },
  { type: 'sim-kernel', pattern: 'src/sim/kernel' },
  { type: 'sim', pattern: 'src/sim' },
  { type: 'search', pattern: 'src/search' },
  { type: 'conform', pattern: 'src/conform' },
  { type: 'report', pattern: 'src/report' },
  { type: 'cli', pattern: 'src/cli' },
  { type: 'front-door', pattern: 'src/index.ts', mode: 'full' },
  { type: 'scenarios', pattern: 'scenarios' },
  { type: 'bench', pattern: 'bench/**', mode: 'full' },
  { type: 'test', pattern: 'test/**', mode: 'full' },
  { type: 'tools', pattern: 'tools/**', mode: 'full' },
];

const raft = ['raft', 'raft-types'];
const fsm = ['fsm', 'fsm-words', 'fsm-encryption'];
const model = ['base', ...raft, ...fsm, 'gate', 'admin', 'scenario', 'subjects'];
const world = [...model, 'sim', 'sim-kernel'];
const everything = LAYERS.map(({ type }) => type);

/** What of ours each layer may import besides itself. */
export const MAY_IMPORT = {
  base: [],
  'raft-types': ['raft'],
  raft: ['raft-types'],
  'fsm-words': ['base', 'fsm', 'fsm-encryption'],
  'fsm-encryption': ['base', 'fsm', 'fsm-words'],
  fsm: ['base', 'fsm-words', 'fsm-encryption'],
  gate: ['base'],
  admin: ['base', 'gate', 'fsm-encryption', 'fsm-words'],
  scenario: ['base', 'gate'],
  subjects: ['base', 'gate', ...fsm, 'admin', 'scenario'],
  'sim-kernel': [...model, 'sim'],
  sim: [...model, 'sim-kernel'],
  search: world,
  conform: [...world, 'search'],
  report: [...world, 'search'],
  cli: everything,
  'front-door': [...world, 'search'],
  scenarios: ['front-door', 'subjects'],
  bench: everything,
  test: everything,
  tools: everything,
};

/** What of ours each layer may import the types of, and no more than the types. */
export const MAY_IMPORT_TYPES = {
  'fsm-words': ['raft-types'],
  'fsm-encryption': ['raft-types'],
  fsm: ['raft-types'],
  scenario: [...raft, ...fsm, 'admin'],
};

/** What of others each layer may import; null: anything. */
export const MAY_IMPORT_OF_OTHERS = {
  base: [],
  'raft-types': [],
  raft: [],
  'fsm-words': [],
  'fsm-encryption': ['node:crypto'],
  fsm: [],
  gate: ['xstate'],
  admin: ['xstate', 'fnv-plus', '@grpc/*', 'grpc-health-check', 'protobufjs', 'node:crypto', 'node:url'],
  scenario: ['xstate'],
  subjects: ['xstate', 'fnv-plus', 'node:crypto'],
  'sim-kernel': ['seedrandom', 'node:crypto', 'valibot'],
  sim: ['xstate'],
  search: ['xstate', 'xstate/graph', '@xstate/*', 'node:crypto'],
  conform: null,
  report: null,
  cli: null,
  'front-door': ['xstate'],
  scenarios: ['xstate'],
  bench: null,
  test: null,
  tools: null,
};

/** Layers that may import anything: looking at their imports, which are most of all there are, finds nothing. */
export const FREE = LAYERS.filter(
  ({ type }) => MAY_IMPORT[type].length === everything.length && MAY_IMPORT_OF_OTHERS[type] === null,
);

/** The layers in which nothing of the host may be felt. */
export const PURE = ['base', 'raft', 'fsm', 'gate', 'admin', 'scenario', 'subjects', 'sim', 'search'];

/** The one file of a pure layer that answers a real clock and real sockets. */
export const HOST_FACING = ['src/admin/grpc-server.ts', 'src/admin/grpc-*.ts'];
