// etcd 3.5 stores the cluster version through a new kind of internal request. A 3.4 member does not know the request and
// panics in apply, and again after each restart. The new leader asked nobody before it proposed it.
import {
  defineSubject,
  every,
  leaderOf,
  open,
  par,
  rolling,
  scenario,
  seq,
  settle,
  sometimes,
  start,
  type Gate,
} from '../../src/index.ts';
import { fair, MEMBERS, noHalt, threeNodes } from './_shared.ts';

type State = { rows: number; version: string };

const etcd = defineSubject({
  name: 'etcd-cluster-version',
  opcodes: { put: 0x01, clusterVersionSet: 0x30 },
  initial: (): State => ({ rows: 0, version: '3.4' }),
  apply(s, entry, me) {
    if (!me.applies(entry.op)) return { halt: 'panic: not implemented' };
    return entry.op === 'put' ? { ...s, rows: s.rows + 1 } : { ...s, version: '3.5' };
  },
  rpcs: {
    Version: { answers: (me) => ({ server: me.maxVersion }) },
    MonitorVersion: { proposes: 'clusterVersionSet' },
  },
  atoms: {
    everyMemberIs35: every('votersAndLearners', 'Version', (a) => a.server >= 35),
    quorumIs35: every('quorumOfVoters', 'Version', (a) => a.server >= 35),
  },
});

const v34 = etcd.build('3.4', { applies: ['put'], maxVersion: 34 });
const v35 = (name: string, gate: Gate<'everyMemberIs35' | 'quorumIs35'> | typeof open) =>
  etcd.build(name, { applies: ['put', 'clusterVersionSet'], maxVersion: 35, gates: { MonitorVersion: gate } });

export default scenario.each(
  [
    { name: 'corpus/etcd#12987/as shipped', build: v35('3.5.0-rc', open), bad: 'everyMemberIs35' },
    { name: 'corpus/etcd#12987/a quorum is enough', build: v35('3.5 quorum', 'quorumIs35'), bad: 'everyMemberIs35' },
    { name: 'corpus/etcd#12987/every member is asked', build: v35('3.5', 'everyMemberIs35'), bad: null },
  ],
  ({ build, bad }) => ({
    about: 'May a new leader use an internal request that an older member cannot apply?',
    refs: ['etcd-io/etcd#12987', 'etcd-io/etcd#11427'],
    cluster: threeNodes,
    plan: seq(
      start(v34),
      par(
        rolling(MEMBERS, build, { order: 'any', stopAfter: [1, 3] }),
        etcd.call('MonitorVersion', { to: leaderOf('g1') }),
      ),
      etcd.call('MonitorVersion', { to: leaderOf('g1') }),
      settle(),
    ),
    faults: fair,
    properties: [noHalt, sometimes<State>('the version was raised', (c) => c.commits('clusterVersionSet').length > 0)],
    explore: { bound: { commits: 2, crashes: 0 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
    expect: bad === null ? 'holds' : { violates: 'apply-halted', blames: { atom: bad }, witness: { maxEvents: 8 } },
  }),
);
