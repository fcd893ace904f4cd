// Many tapes of each of a few bugs, of seeds that nothing was tuned on: the first failing seed of a scenario may be a kind one.
import { corpus, FOLDERS } from '../measure-kit/corpus.ts';
import { failing, measure, propertyOf, type Case } from './cases.ts';

/** Bugs that do not show in a run without choices. */
const BUGS = [
  'corpus/cockroach#36714/one fact stands for another',
  'corpus/cockroach#41171/old trigger, new binary',
  'corpus/etcd#12987/as shipped',
  'corpus/kafka/a controller that reports none',
  'corpus/strimzi#10735/rolled back under the recorded level',
  'encryption/6A-6B/node-local gate',
  'encryption/6A-6B/learner forgotten',
  'rollout/H-55 a cutover that lost a race is no error/wrong',
  'rollout/H-06 H-17 a leader makes sure before it ships keys/wrong',
  'rollout/head/a KEK file is exchanged/breaks restartable',
];
const TAPES = 20;
const FIRST_SEED = 20_001;
/** Seeds drawn for them, at most: some bugs are rare. */
const SEEDS = 1_500;

/** The tapes of each bug. */
export async function measureSeeds(): Promise<readonly (readonly Case[])[]> {
  const { scenarios } = await corpus([...FOLDERS, 'scenarios/rollout']);
  return BUGS.map((name) => {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
    const property = propertyOf(scenario) ?? '';
    const cases: Case[] = [];
    for (const tape of failing(scenario, property, SEEDS, FIRST_SEED)) {
      if (cases.push(measure(scenario, property, tape)) === TAPES) break;
    }
    process.stderr.write(`${name} ${cases.length}\n`);
    return cases;
  });
}
