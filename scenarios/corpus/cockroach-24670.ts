// A cluster finalizes its upgrade when every member runs the new version. A machine with the old version that joins in
// between is not asked, and gets entries it cannot apply. A fence (new nodes refuse an old joiner) closes the race.
import {
  addLearner,
  defineSubject,
  every,
  leaderOf,
  par,
  rolling,
  scenario,
  seq,
  settle,
  sometimes,
  start,
  type Halt,
} from '../../src/index.ts';
import { fair, fourNodes, MEMBERS, noHalt } from './_shared.ts';

type State = { version: 1 | 2; writes: number };

const store = defineSubject({
  name: 'cockroach-finalize',
  opcodes: { finalize: 0x21, newCommand: 0x22 },
  initial: (): State => ({ version: 1, writes: 0 }),
  apply(s, entry, me): State | Halt {
    if (!me.applies(entry.op)) return { halt: `unknown command ${entry.op}` };
    return entry.op === 'finalize' ? { ...s, version: 2 } : { ...s, writes: s.writes + 1 };
  },
  rpcs: {
    Version: { answers: (me) => ({ binary: me.maxVersion }) },
    Finalize: { proposes: 'finalize' },
  },
  atoms: {
    everyoneIsNew: every('votersAndLearners', 'Version', (a) => a.binary >= 2),
    joinerIsNew: every('joiner', 'Version', (a) => a.binary >= 2),
  },
});

const applies = ['finalize', 'newCommand'] as const;
const v1 = store.build('v1', { applies: [], maxVersion: 1 });
const unfenced = store.build('v2 without fence', { applies, maxVersion: 2, gates: { Finalize: 'everyoneIsNew' } });
const fenced = store.build('v2 with fence', {
  applies,
  maxVersion: 2,
  gates: { Finalize: 'everyoneIsNew', join: 'joinerIsNew' },
});

export default scenario.each(
  [
    { name: 'corpus/cockroach#24670/finalize races an old node', build: unfenced, holds: false },
    { name: 'corpus/cockroach#24670/old nodes are fenced off', build: fenced, holds: true },
  ],
  ({ build, holds }) => ({
    about: 'Everyone was new when asked. Who may come after that?',
    refs: ['cockroachdb/cockroach#24670', 'cockroachdb/cockroach#24377'],
    cluster: fourNodes,
    plan: seq(
      start(v1),
      rolling(MEMBERS, build),
      par(store.call('Finalize', { to: leaderOf('g1') }), addLearner('n4', { to: ['g1'] })),
      settle(),
    ),
    faults: fair,
    properties: [noHalt, sometimes<State>('the upgrade was finalized', (c) => c.commits('finalize').length > 0)],
    explore: { bound: { commits: 2, memberChanges: 1 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
    expect: holds
      ? 'holds'
      : {
          violates: 'apply-halted',
          blames: { gatePoint: 'join', build: 'v2 without fence' },
          witness: { maxEvents: 12 },
        },
  }),
);
