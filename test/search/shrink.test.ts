// Shrinking, and the count of essential steps that a shrunk run is held to. A run and the exhaustive optimum must be lengths
// of the same kind: a run shorter than what is proved shortest would mean that one of the two is wrong.
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { loadScenarios } from '../../src/cli/load-scenarios.ts';
import { replaySentence, replayStored } from '../../src/cli/replay-tape.ts';
import {
  realign,
  retrace,
  search,
  shortest,
  shrinkTape,
  sourceOf,
  witnessOf,
  type Searched,
} from '../../src/search/index.ts';
import { causeFingerprint, causeOf } from '../../src/search/cause.ts';
import { without } from '../../src/search/shrink/spare.ts';
import { retimed, smaller } from '../../src/search/shrink/times.ts';
import { play } from '../../src/search/shrink/trial.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { TapeChoice } from '../../src/sim/kernel/choices.ts';
import { tapeSource } from '../../src/sim/kernel/tape-source.ts';
import { run } from '../../src/sim/run.ts';
import { corpus, ROOT } from '../../tools/measure-kit/corpus.ts';
import { nobodyApplies, nodeLocal, upgrade } from './corpus.ts';

const SEEDS = 10;

/** Scenarios that are expected to break, and what the exhaustive search finds in them where it comes to an end. */
async function broken(): Promise<{ scenario: Scenario; property: string; optimum: number }[]> {
  const { scenarios } = await corpus();
  return scenarios.flatMap((scenario) => {
    if (scenario.expect === 'holds') return [];
    const property = scenario.expect.violates;
    const optimum = depthOf(search(scenario, { maxStates: 200_000, property }), property);
    return optimum === null ? [] : [{ scenario, property, optimum }];
  });
}

function depthOf({ broken: all, checks }: Searched, property: string): number | null {
  return all.find((one) => checks.safety[one.property]!.name === property)?.depth ?? null;
}

/** Recorded runs that break a property. */
function* failing(scenario: Scenario, property: string, seeds: number) {
  for (let seed = 1; seed <= seeds; seed++) {
    const result = run(scenario, sourceOf(seed % 2 === 0 ? 'pos' : 'swarm', String(seed)), { record: true });
    const violation = result.violations.find((one) => one.property === property);
    if (violation !== undefined) yield { result, violation };
  }
}

const BROKEN = broken();

test('every failing run of the corpus is a run of the model, and none is shorter than the proved optimum', async (t) => {
  let runs = 0;
  for (const { scenario, property, optimum } of await BROKEN) {
    for (const { result, violation } of failing(scenario, property, SEEDS)) {
      const { steps, why } = retrace(scenario, result.trace, violation);
      t.is(why, null, scenario.name);
      t.true(steps!.length >= optimum, `${scenario.name}: ${steps?.length} steps, ${optimum} proved`);
      runs++;
    }
  }
  t.true(runs > 80, `${runs} runs`);
});

test('the steps of a run name what happened in it, in the order in which it happened', (t) => {
  const s = nobodyApplies();
  const [first] = failing(s, 'apply-halted', 3);
  const { steps } = retrace(s, first!.result.trace, first!.violation);
  t.deepEqual(
    steps!.map(({ kind }) => kind),
    ['admit', 'append', 'commit', 'halt'],
  );
});

test('a run that breaks nothing of the kind cannot be followed, and why is said', (t) => {
  const s = upgrade(nodeLocal);
  const [first] = failing(s, 'apply-halted', 300);
  const { steps, why } = retrace(s, first!.result.trace, { ...first!.violation, property: 'no such property' });
  t.is(steps, null);
  t.regex(why!, /does not judge/);
});

test('a shrunk run breaks the same property for the same reason', async (t) => {
  for (const { scenario, property } of await BROKEN) {
    for (const { result, violation } of failing(scenario, property, 2)) {
      const shrunk = shrinkTape(scenario, result.tape, { property, maxRuns: 600 })!;
      t.is(causeOf(scenario, shrunk.run.trace, shrunk.violation), causeOf(scenario, result.trace, violation));
      t.true(shrunk.to <= Math.max(3, 0.08 * shrunk.asked), `${scenario.name}: ${shrunk.asked} to ${shrunk.to}`);
    }
  }
});

test('five delays that come to the same as one choice become that choice', (t) => {
  const s = upgrade(nodeLocal);
  const left = new Set<string>();
  for (const { result } of failing(s, 'apply-halted', 60)) {
    const { tape } = shrinkTape(s, result.tape)!;
    t.is(tape.choices.length, 1);
    left.add(JSON.stringify(tape.choices));
  }
  t.is(left.size, 1);
});

test('groups and nodes that a run does not need are named, and it breaks without them', async (t) => {
  const { scenarios } = await corpus(['scenarios/encryption']);
  const s = scenarios.find(({ name }) => name === 'encryption/one apart/two groups, one capable')!;
  const [first] = failing(s, 'apply-halted', 10);
  const { spared, tape, violation } = shrinkTape(s, first!.result.tape)!;
  t.deepEqual(spared.groups, ['g1']);
  t.true(spared.nodes.length > 0);
  const smaller = without(s, spared)!;
  t.is(smaller.cluster.groups.length, 1);
  const { violations } = play(smaller, tape.choices).result;
  t.true(violations.some(({ property }) => property === violation.property));
});

test('nothing is left of a cluster without its only group, or of a group without voters', (t) => {
  const s = upgrade('open');
  t.is(without(s, { groups: ['g1'], nodes: [] }), null);
  t.is(without(s, { groups: [], nodes: ['n1', 'n2', 'n3'] }), null);
  t.deepEqual(without(s, { groups: [], nodes: ['n4'] })!.cluster.groups[0]!.learners, []);
});

test('the shortest story has as few steps as the exhaustive search proves, and breaks for the same reason', async (t) => {
  for (const { scenario, property, optimum } of await BROKEN) {
    for (const { result, violation } of failing(scenario, property, 1)) {
      const story = shortest(scenario, result.tape, { property, maxRuns: 600 })!;
      t.is(story.steps?.length, optimum, scenario.name);
      t.true(story.provedShortest, `${scenario.name}: ${story.why}`);
      t.is(causeOf(scenario, story.run.trace, story.violation), causeOf(scenario, result.trace, violation));
    }
  }
});

test('a cause is the same whatever numbers its words hold, and another for another entry or build', (t) => {
  const cause = causeFingerprint('p', 'unknown opcode 4 at index 17', 'op', 'v1');
  t.is(causeFingerprint('p', 'unknown opcode 4 at index 9', 'op', 'v1'), cause);
  t.not(causeFingerprint('p', 'unknown opcode 4 at index 17', 'other', 'v1'), cause);
  t.not(causeFingerprint('p', 'unknown opcode 4 at index 17', 'op', 'v2'), cause);
  t.not(causeFingerprint('q', 'unknown opcode 4 at index 17', 'op', 'v1'), cause);
});

const one = (stream: string, key: number, value: number, of: number): TapeChoice => ({
  stream,
  key,
  nth: 0,
  value,
  of,
});
const sum = (choices: readonly TapeChoice[]): number => choices.reduce((total, { value }) => total + value, 0);

test('several waits that only add up to a moment become one, and that one no longer than it must be', (t) => {
  const waits = [one('plan', 1, 5, 100), one('plan', 2, 7, 100), one('raft/n1/g1', 3, 9, 100), one('plan', 4, 1, 2)];
  const isNeeded = (choices: readonly TapeChoice[]): boolean => choices.some(({ key }) => key === 4);
  const trial = { isOver: false, shows: (c: readonly TapeChoice[]) => isNeeded(c) && sum(c) >= 18 };
  const left = retimed(waits, trial);
  t.is(left.length, 2);
  t.true(trial.shows(left));
  const [first, second] = smaller(left, trial);
  t.true(sum([first!, second!]) <= sum(left) && sum([first!, second!]) < 36);
  t.deepEqual(retimed(waits, { ...trial, isOver: true }), waits);
});

test('a tape whose choices come up elsewhere is found again near it, and what was moved is told', (t) => {
  const s = upgrade(nodeLocal);
  const [first] = failing(s, 'apply-halted', 300);
  const { tape, violation } = shrinkTape(s, first!.result.tape)!;
  const wanted = { property: violation.property, code: violation.code };
  const moved = tape.choices.map((choice) => ({ ...choice, nth: choice.nth + 3 }));
  t.deepEqual(run(s, tapeSource({ ...tape, choices: moved })).violations, []);
  const again = realign(s, { ...tape, choices: moved }, wanted)!;
  t.is(again.how, '1 choice matched by stream, decision and range');
  t.true(again.run.violations.some(({ code }) => code === violation.code));
  t.true(again.run.trace.length > 0);
  const expect = { verdict: 'violated', ...wanted, hash: null } as const;
  const stored = { file: 'x.tape', tape: { ...tape, choices: moved }, expect };
  const replayed = replayStored(s, stored);
  t.is(
    replaySentence(stored, replayed),
    `reproduced after realignment (${again.how}): ${wanted.property} violated (${wanted.code})`,
  );
  t.deepEqual(replayed.tape.choices, again.choices);
  t.is(realign(s, tape, { property: 'no such property', code: null }), null);
});

test('near a tape of a bug that is mended nothing is found', (t) => {
  const [ill, mended] = [upgrade(nodeLocal), upgrade('groupCapable')];
  for (const { result, violation } of failing(ill, 'apply-halted', 40))
    t.is(realign(mended, result.tape, { property: violation.property, code: violation.code }), null);
});

test('a replaced machine is told as lost, removed and started empty, and an entry as appended before it is committed', async (t) => {
  const file = fileURLToPath(new URL('../fixtures/features/replaced-node.ts', import.meta.url));
  const scenarios = (await loadScenarios([file], ROOT)).map(({ scenario }) => scenario);
  const s = scenarios.find(({ name }) => name === 'replaced/everyone is asked') as Scenario;
  const searched = search(s, { property: 'apply-halted' });
  const { steps } = witnessOf(searched, searched.broken[0]!);
  const ofC = steps.filter(({ node }) => node === 'c').map(({ text }) => text);
  t.deepEqual(ofC.slice(0, 3), [
    'its machine is lost for good',
    'removed from g',
    'starts empty as v1, a learner of g',
  ]);
  for (const { kind, index, n } of steps) {
    if (kind !== 'commit') continue;
    t.true(
      steps.some((other) => other.kind === 'append' && other.index === index && other.n < n),
      `commit ${index}`,
    );
  }
});
