// The other direction: a new binary that no longer takes what an old leader still proposes. No gate of the new release can
// help, since the old one does not ask; the new one has to go on applying the old form until nobody proposes it.
import { defineSubject, leaderOf, par, rolling, scenario, seq, settle, sometimes, start } from '../../src/index.ts';
import { fair, MEMBERS, noHalt, threeNodes } from './_shared.ts';

type State = { changes: number };

const store = defineSubject({
  name: 'cockroach-change-replicas',
  opcodes: { changeReplicasOld: 0x41, changeReplicasNew: 0x42 },
  initial: (): State => ({ changes: 0 }),
  apply(s, entry, me) {
    if (!me.applies(entry.op)) return { halt: 'nil pointer in the side effects of an old ChangeReplicas trigger' };
    return { changes: s.changes + 1 };
  },
  rpcs: { ChangeReplicas: { proposes: 'changeReplicasOld' }, ChangeReplicasV2: { proposes: 'changeReplicasNew' } },
  atoms: {},
});

const v191 = store.build('19.1', { applies: ['changeReplicasOld'] });
const alpha = store.build('19.2-alpha', { applies: ['changeReplicasNew'] });
const fixed = store.build('19.2', { applies: ['changeReplicasOld', 'changeReplicasNew'] });

export default scenario.each(
  [
    { name: 'corpus/cockroach#41171/old trigger, new binary', build: alpha, holds: false },
    { name: 'corpus/cockroach#41171/both forms are applied', build: fixed, holds: true },
  ],
  ({ build, holds }) => ({
    about: 'Can a binary stop applying a form of entry in the release that stops proposing it?',
    refs: ['cockroachdb/cockroach#41171', 'cockroachdb/cockroach#41155'],
    cluster: threeNodes,
    plan: seq(
      start(v191),
      par(
        rolling(MEMBERS, build, { order: 'any', stopAfter: [1, 3] }),
        store.call('ChangeReplicas', { to: leaderOf('g1') }),
      ),
      settle(),
    ),
    faults: fair,
    properties: [
      noHalt,
      sometimes<State>('a replica set was changed', (c) => c.commits('changeReplicasOld').length > 0),
    ],
    explore: { bound: { commits: 2 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
    expect: holds ? 'holds' : { violates: 'apply-halted', witness: { maxEvents: 6 } },
  }),
);
