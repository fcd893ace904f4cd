// Shrinking, and the count of essential steps that a shrunk run is held to. A run and the exhaustive optimum must be lengths
// of the same kind: a run shorter than what is proved shortest would mean that one of the two is wrong.
import test from 'ava';
import { search, retrace, shortest, shrinkTape, sourceOf, type Searched } from '../../src/search/index.ts';
import { causeFingerprint, causeOf } from '../../src/search/cause.ts';
import { without } from '../../src/search/shrink/spare.ts';
import { play } from '../../src/search/shrink/trial.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { run } from '../../src/sim/run.ts';
import { corpus } from '../../tools/measure-kit/corpus.ts';
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
