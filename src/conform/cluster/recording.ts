// Recordings of real clusters, read into one shape whatever their layout: one group or several, one build or another on
// each node. What a recording does not tell is null, never a guess; what it asks that we cannot replay is a named reason, so
// that a case is skipped with it and never passed by accident.
import { InputError } from '../../base/errors.ts';

/** One call of a recording and what the real server answered. */
export interface RecordedCall {
  readonly rpc: string;
  /** Node that was called; null where the recording names only a role. */
  readonly node: string | null;
  readonly group: number;
  readonly toLeader: boolean;
  /** `id:epoch` pairs as sent; null: one writer per node with its derived id and epoch 0. */
  readonly writers: string | null;
  readonly code: string;
  readonly message: string;
}

/** What was seen of one node. */
export interface RecordedNode {
  readonly alive: boolean | null;
  /** By group number: did its engine halt; null if not told. */
  readonly halted: ReadonlyMap<number, boolean>;
  /** By group number: did a write through this node succeed; null if it was not tried. */
  readonly writes: ReadonlyMap<number, boolean>;
}

/** One recorded cluster. */
export interface Recording {
  readonly id: string;
  readonly nodes: readonly string[];
  readonly groups: readonly number[];
  /** Commit each node was built from. */
  readonly commits: ReadonlyMap<string, string>;
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly learners: readonly string[];
  /** Leader by group when the calls were made. */
  readonly leaders: ReadonlyMap<number, string>;
  readonly capability: readonly { readonly node: string; readonly group: number; readonly report: Json }[];
  readonly calls: readonly RecordedCall[];
  readonly after: ReadonlyMap<string, RecordedNode>;
  /** What restarting every node led to; null if it was not tried. */
  readonly afterRestart: ReadonlyMap<string, RecordedNode> | null;
  /** Why it cannot be replayed; null if it can. */
  readonly unfit: string | null;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Fields = { readonly [key: string]: Json };

/** RPCs a recorded call may name. */
const RPCS: readonly string[] = [
  'GetCapability',
  'GetSidecarState',
  'ResyncSidecar',
  'BootstrapEncryption',
  'RotateDEK',
  'RegisterEncryptionWriter',
  'EnableStorageEnvelope',
  'EnableRaftEnvelope',
];

/** Reads the cases of a recording file. @throws InputError CLI003 if it is no such file */
export function readRecordings(text: string, file: string): Recording[] {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    throw new InputError('CLI003', `not JSON: ${error instanceof Error ? error.message : ''}`, { file });
  }
  const cases = fields(json)['cases'];
  if (!Array.isArray(cases))
    throw new InputError('CLI003', 'no "cases" list: this is no recording of clusters', { file });
  return cases.map((one: Json, i: number) => readCase(fields(one), i));
}

function readCase(c: Fields, i: number): Recording {
  const id = text(c['id']) ?? `case ${i + 1}`;
  if (c['steps'] !== undefined) return readCliCase(id, c);
  const flagFields = fields(c['flags']);
  const nodes = sorted(Object.keys(flagFields));
  const after = fields(c['after']);
  const groups = groupsOf(after);
  const calls = list(c['actions']).map((action) => readCall(fields(action)));
  const restart = c['after_restart_all'] ?? c['after_restart'] ?? null;
  return {
    id,
    nodes,
    groups,
    commits: commitsOf(c, nodes),
    flags: new Map(nodes.map((node) => [node, list(flagFields[node]).map((flag) => text(flag) ?? '')])),
    learners: list(c['learners']).map((node) => text(node) ?? ''),
    leaders: leadersOf(c),
    capability: Object.entries(fields(c['capability'])).map(([where, report]) => ({ ...listener(where), report })),
    calls,
    after: readNodes(after, groups, haltedList(c)),
    afterRestart: restart === null ? null : readNodes(fields(restart), groups, null),
    unfit: unfitReason(c, calls, nodes),
  };
}

/** A run of the commit's own command line: its steps are calls on a cluster with the flags its title tells. */
function readCliCase(id: string, c: Fields): Recording {
  const title = text(c['title']) ?? '';
  const commit = /^[0-9a-f]{8}/.exec(title)?.[0] ?? '';
  const withPath = title.includes('sidecar path on all');
  const nodes = ['n1', 'n2', 'n3'];
  const steps = list(c['steps']).map(fields);
  const calls = steps.flatMap((step) => cliCalls(text(step['step']) ?? '', fields(step['result'])));
  const flags = withPath ? ['--encryptionSidecarPath', 'keys.json'] : [];
  const unknown = steps.find((step) => !['status', 'bootstrap'].includes(text(step['step']) ?? ''));
  return {
    id,
    nodes,
    groups: [1],
    commits: new Map(nodes.map((node) => [node, commit])),
    flags: new Map(nodes.map((node) => [node, flags])),
    learners: [],
    leaders: new Map(),
    capability: [],
    calls,
    after: new Map(),
    afterRestart: null,
    unfit: unknown === undefined ? null : `command line step "${text(unknown['step'])}" is not modelled`,
  };
}

/** The calls behind one step of the admin command line, as its output shows them. */
function cliCalls(step: string, result: Fields): RecordedCall[] {
  const call = (rpc: string, code: string, message: string): RecordedCall => {
    return { rpc, node: null, group: 1, toLeader: true, writers: null, code, message };
  };
  const stdout = text(result['stdout']) ?? '';
  if (step === 'status') {
    const unavailable = /sidecar_state: <unavailable: (.*)>/.exec(stdout)?.[1];
    const calls = [call('GetCapability', 'OK', '')];
    if (unavailable !== undefined) calls.push(call('GetSidecarState', 'FailedPrecondition', unavailable));
    return calls;
  }
  const refusal = /BootstrapEncryption: (.*)$/m.exec(text(result['stderr']) ?? '')?.[1];
  if (refusal === undefined) return [call('BootstrapEncryption', 'OK', '')];
  return [call('BootstrapEncryption', '', refusal)];
}

function readCall(action: Fields): RecordedCall {
  const target = text(action['target']) ?? '';
  const result = fields(action['result']);
  const { node, group } = listener(/n\d+(\/group\d+)?/.exec(target)?.[0] ?? '');
  const batch = text(action['writer_batch']) ?? '';
  const pairs = /\d+:\d+(,\d+:\d+)*/.exec(batch)?.[0] ?? null;
  return {
    rpc: text(action['rpc']) ?? '',
    node: node === '' ? null : node,
    group,
    toLeader: target.includes('leader'),
    writers: pairs,
    code: text(result['code']) ?? '',
    message: text(result['msg']) ?? '',
  };
}

function readNodes(
  after: Fields,
  groups: readonly number[],
  haltedNames: readonly string[] | null,
): Map<string, RecordedNode> {
  const nodes = new Map<string, RecordedNode>();
  for (const name of sorted(Object.keys(after))) {
    const seen = fields(after[name]);
    const process = text(seen['process']);
    const halted = new Map<number, boolean>();
    const writes = new Map<number, boolean>();
    for (const group of groups) {
      const state = text(fields(seen[`group${group}`] ?? seen['raft'] ?? null)['state']);
      if (state !== null) halted.set(group, state === 'SHUTDOWN');
      else if (haltedNames !== null) halted.set(group, haltedNames.includes(name));
      const write = text(seen[`raw_put_group${group}_key`] ?? seen['redis_set'] ?? null);
      if (write !== null && write !== 'Unknown') writes.set(group, write.replace('+', '') === 'OK');
    }
    nodes.set(name, { alive: process === null ? null : process === 'alive', halted, writes });
  }
  return nodes;
}

function unfitReason(c: Fields, calls: readonly RecordedCall[], nodes: readonly string[]): string | null {
  const unknown = calls.find((call) => !RPCS.includes(call.rpc));
  if (unknown !== undefined) return `call "${unknown.rpc}" is not one of the service's RPCs`;
  if (nodes.length === 0) return 'the recording names no nodes';
  if (commitsOf(c, nodes).size === 0) return 'the recording names no commit';
  return null;
}

function commitsOf(c: Fields, nodes: readonly string[]): Map<string, string> {
  const per = fields(c['commits'] ?? c['builds'] ?? (typeof c['commit'] === 'object' ? c['commit']! : null));
  const common = text(c['commit']);
  const entries = nodes.map((node) => [node, text(per[node]) ?? common] as const);
  return new Map(entries.filter((entry): entry is readonly [string, string] => entry[1] !== null));
}

function leadersOf(c: Fields): Map<number, string> {
  const leader = text(c['leader']);
  if (leader !== null) return new Map([[1, leader]]);
  return new Map(
    Object.entries(fields(c['leaders'])).map(([group, name]) => [Number(group.replace('group', '')), text(name) ?? '']),
  );
}

function haltedList(c: Fields): string[] | null {
  return c['halted_nodes'] === undefined ? null : list(c['halted_nodes']).map((name) => text(name) ?? '');
}

function groupsOf(after: Fields): number[] {
  const groups = new Set<number>();
  for (const node of Object.values(after)) {
    for (const key of Object.keys(fields(node))) {
      const group = /^group(\d+)$/.exec(key)?.[1];
      if (group !== undefined) groups.add(Number(group));
    }
  }
  return groups.size === 0 ? [1] : [...groups].sort((a, b) => a - b);
}

/** `n1`, or `n1/group2`. */
function listener(where: string): { node: string; group: number } {
  const [node = '', group = 'group1'] = where.split('/');
  return { node, group: Number(group.replace('group', '')) };
}

function sorted(names: readonly string[]): string[] {
  return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function fields(json: Json | undefined): Fields {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Fields) : {};
}

function list(json: Json | undefined): readonly Json[] {
  return Array.isArray(json) ? (json as readonly Json[]) : [];
}

function text(json: Json | undefined): string | null {
  return typeof json === 'string' ? json : null;
}
