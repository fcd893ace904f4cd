// Snapshots may leave out the Raft log once a group's truncated state is no longer replicated. That fact stood for "the
// receiver can take a truncated state that falls back", which beta nodes, who knew the fact, could not.
import { and } from 'xstate';
import {
  defineSubject,
  every,
  leaderOf,
  log,
  rolling,
  scenario,
  seq,
  settle,
  sometimes,
  start,
} from '../../src/index.ts';
import { fair, MEMBERS, noHalt, threeNodes } from './_shared.ts';

type State = { unreplicated: boolean; short: number };

const store = defineSubject({
  name: 'cockroach-truncated-state',
  opcodes: { unreplicate: 0x31, shortSnapshot: 0x32 },
  initial: (): State => ({ unreplicated: false, short: 0 }),
  apply(s, entry, me) {
    if (!me.applies(entry.op)) return { halt: 'TruncatedState regressed' };
    return entry.op === 'unreplicate' ? { ...s, unreplicated: true } : { ...s, short: s.short + 1 };
  },
  rpcs: {
    Version: { answers: (me) => ({ binary: me.maxVersion }) },
    Migrate: { proposes: 'unreplicate' },
    SendShort: { proposes: 'shortSnapshot' },
  },
  atoms: {
    stateIsUnreplicated: log((s: State) => s.unreplicated),
    everyoneTakesShort: every('votersAndLearners', 'Version', (a) => a.binary >= 192),
  },
});

const beta = store.build('19.1-beta', { applies: ['unreplicate'], maxVersion: 191 });
const applies = ['unreplicate', 'shortSnapshot'] as const;
const rc = store.build('19.1-rc2', { applies, maxVersion: 192, gates: { SendShort: 'stateIsUnreplicated' } });
const fixed = store.build('19.1-rc3', {
  applies,
  maxVersion: 192,
  gates: { SendShort: and(['stateIsUnreplicated', 'everyoneTakesShort']) },
});

export default scenario.each(
  [
    { name: 'corpus/cockroach#36714/one fact stands for another', build: rc, holds: false },
    { name: 'corpus/cockroach#36714/a version of its own', build: fixed, holds: true },
  ],
  ({ build, holds }) => ({
    about: 'Does "this group has migrated" say that every receiver can take what comes next?',
    refs: ['cockroachdb/cockroach#36714', 'cockroachdb/cockroach#36680'],
    cluster: threeNodes,
    plan: seq(
      start(beta),
      store.call('Migrate', { to: leaderOf('g1') }),
      rolling(MEMBERS, build, { order: 'any', stopAfter: [1, 3] }),
      store.call('SendShort', { to: leaderOf('g1') }),
      settle(),
    ),
    faults: fair,
    properties: [noHalt, sometimes<State>('a short snapshot was sent', (c) => c.commits('shortSnapshot').length > 0)],
    explore: { bound: { commits: 3 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
    expect: holds
      ? 'holds'
      : { violates: 'apply-halted', blames: { atom: 'everyoneTakesShort' }, witness: { maxEvents: 11 } },
  }),
);
