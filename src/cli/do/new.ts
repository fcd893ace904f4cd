// `raftgate new`: writes a scenario to start from. It is a small feature of its own that runs at once and fails in an
// instructive way, so that the first thing its owner sees is a story, and the first thing they do is repair it.
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { writeWhole } from '../../report/whole-file.ts';
import type { Cli } from '../cli.ts';
import { PACKAGE_ROOT } from '../compile-scenario.ts';

/** What the file imports raftgate as: by path inside the checkout, by name elsewhere. */
function specifier(file: string): string {
  const inside = relative(PACKAGE_ROOT, file);
  return inside.startsWith('..') ? 'raftgate' : relative(dirname(file), join(PACKAGE_ROOT, 'src/index.ts'));
}

/** The text of a first scenario. */
export function firstScenario(name: string, from: string): string {
  return `// ${name}: may the leader raise the format before every member can read it?
import {
  always, cluster, defineSubject, every, leaderOf, never, open, par, rolling, scenario, self, seq, settle, sometimes,
  start, swarm, write, type Halt,
} from '${from}';

// 1. The replicated state machine: a pure function of (state, entry, who applies it). What it cannot apply, it halts on.
type State = { format: 1 | 2 };
const feature = defineSubject({
  name: '${name}',
  opcodes: { put: 0x01, raiseFormat: 0x20 },
  initial: (): State => ({ format: 1 }),
  apply(state, entry, me): State | Halt {
    if (!me.applies(entry.op)) return { halt: \`unknown opcode \${entry.op}\` };
    return entry.op === 'raiseFormat' ? { format: 2 } : state;
  },
  rpcs: {
    Status: { answers: (me) => ({ readsFormat2: me.applies('raiseFormat') }) },
    RaiseFormat: { proposes: 'raiseFormat' },
  },
  atoms: {
    iReadFormat2: self((me) => me.applies('raiseFormat')),
    everyoneReadsFormat2: every('votersAndLearners', 'Status', (answer) => answer.readsFormat2),
  },
});

// 2. Builds: the release that is out, and the one that brings the feature, with the rule under test as its gate.
const before = feature.build('v1', { applies: ['put'], gates: { RaiseFormat: open } });
const after = (gate: 'iReadFormat2' | 'everyoneReadsFormat2') =>
  feature.build('v2', { applies: ['put', 'raiseFormat'], gates: { RaiseFormat: gate } });

// 3. What operators do, what may go wrong meanwhile, and what must never be.
export default scenario.each(
  [
    { name: '${name}/my own flag', gate: 'iReadFormat2', holds: false },
    { name: '${name}/everyone was asked', gate: 'everyoneReadsFormat2', holds: true },
  ] as const,
  ({ gate, holds }) => ({
    about: 'May the leader raise the format before every member can read it?',
    cluster: cluster({ nodes: ['n1', 'n2', 'n3'], groups: { g1: { voters: ['n1', 'n2', 'n3'] } } }),
    plan: seq(
      start(before),
      par(
        rolling(['n1', 'n2', 'n3'], after(gate), { order: 'any', stopAfter: [1, 3] }),
        feature.call('RaiseFormat', { to: leaderOf('g1') }),
        write('g1'),
      ),
      settle(),
    ),
    faults: swarm({ partition: ['isolateOne'], delay: ['1ms', '40ms'], crash: { max: 1 }, healBy: '10s' }),
    properties: [
      never<State>('apply-halted', (c) => c.replicas.some((r) => r.halted !== null)),
      always<State>('equal index, equal format', (c) =>
        c.replicas.every((r) => c.replicas.every((q) => r.appliedIndex !== q.appliedIndex || r.state.format === q.state.format)),
      ),
      sometimes<State>('the format was raised', (c) => c.commits('raiseFormat').length > 0),
    ],
    explore: { bound: { commits: 2, crashes: 1 }, seeds: [1, 500], mix: ['exhaustive', 'swarm'] },
    expect: holds ? 'holds' : { violates: 'apply-halted', blames: { atom: 'everyoneReadsFormat2' } },
  }),
);
`;
}

/**
 * `raftgate new NAME`
 * @throws InputError CLI002 for a name that is no path, CLI003 if the file is there already
 */
export function newScenario(this: Cli, _flags: Record<never, never>, name: string): void {
  if (!/^[\w-]+(\/[\w-]+)*$/.test(name)) {
    throw new InputError('CLI002', `"${name}" is not a name; use letters, digits, - and _, with / between parts`);
  }
  const file = join(this.cwd, 'scenarios', `${name}.ts`);
  const shown = relative(this.cwd, file);
  if (existsSync(file)) throw new InputError('CLI003', 'is there already; choose another name', { file: shown });
  writeWhole(file, firstScenario(name, specifier(file)));
  this.out(`${shown}\nRun it: raftgate run ${shown}\n`);
}
