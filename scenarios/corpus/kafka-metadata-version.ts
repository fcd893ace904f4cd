// A Kafka-style metadata.version: a record raises the level, and a controller that replays a level above what it knows
// terminates. Two ways it went wrong: a controller that reports no range at all was taken for one that agrees, and a
// cluster was rolled back under the level it had recorded.
import {
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
} from '../../src/index.ts';
import { fair, MEMBERS, noHalt, threeNodes } from './_shared.ts';

type State = { level: number };

const kafka = defineSubject({
  name: 'kafka-metadata-version',
  opcodes: { featureLevel: 0x51 },
  initial: (): State => ({ level: 19 }),
  apply(s, _entry, me) {
    return me.maxVersion >= 20
      ? { ...s, level: 20 }
      : { halt: `FeatureLevelRecord(metadata.version, 20): only 1-${me.maxVersion}` };
  },
  rpcs: {
    Registration: { answers: (me) => (me.config['reports'] === false ? {} : { max: me.maxVersion }) },
    UpdateFeatures: { proposes: 'featureLevel' },
  },
  atoms: {
    noneObjects: every('voters', 'Registration', (a) => a.max === undefined || a.max >= 20),
    everyoneSupports: every('votersAndLearners', 'Registration', (a) => a.max >= 20),
  },
});

const old = { applies: [], serves: ['Registration'], maxVersion: 19 } as const;
const silent = kafka.build('3.6, reports nothing', { ...old, config: { reports: false } });
const v37 = kafka.build('3.7', old);
const v38 = (gate: 'noneObjects' | 'everyoneSupports') =>
  kafka.build(`3.8 ${gate}`, { applies: ['featureLevel'], maxVersion: 20, gates: { UpdateFeatures: gate } });

const raised = sometimes<State>('the level was raised', (c) => c.commits('featureLevel').length > 0);
const shared = { cluster: threeNodes, faults: fair, properties: [noHalt, raised] };
const upgrade = kafka.call('UpdateFeatures', { to: leaderOf('g1') });

export const reportsNone = scenario.each(
  [
    { name: 'corpus/kafka/a controller that reports none', gate: 'noneObjects', holds: false } as const,
    { name: 'corpus/kafka/none is not enough', gate: 'everyoneSupports', holds: true } as const,
  ],
  ({ gate, holds }) => ({
    ...shared,
    about: 'Is a controller that reports no range one that supports the level?',
    plan: seq(start(silent), rolling(MEMBERS, v38(gate), { order: 'any', stopAfter: [1, 3] }), upgrade, settle()),
    explore: { bound: { commits: 2 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
    expect: holds
      ? 'holds'
      : { violates: 'apply-halted', blames: { atom: 'everyoneSupports' }, witness: { maxEvents: 8 } },
  }),
);

export const rolledBack = scenario.each(
  [
    { name: 'corpus/strimzi#10735/rolled back under the recorded level', mayRollBack: 1 },
    { name: 'corpus/strimzi#10735/raised when nobody goes back', mayRollBack: 0 },
  ],
  ({ mayRollBack }) => ({
    ...shared,
    about: 'The level was right when it was raised. Who makes sure that nobody goes back under it?',
    refs: ['strimzi/strimzi-kafka-operator#10735'],
    plan: seq(start(v37), par(rolling(MEMBERS, v38('everyoneSupports'), { mayRollBack }), upgrade), upgrade, settle()),
    explore: { bound: { commits: 2 }, seeds: [1, 400], mix: ['exhaustive', 'swarm'] },
    expect: mayRollBack === 0 ? 'holds' : { violates: 'apply-halted', witness: { maxEvents: 12 } },
  }),
);
