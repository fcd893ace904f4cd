// What becomes of a claim of the model: a run of the simulator follows it, though calls were refused on the way, the log
// stalled, or somebody else had to lead. A violation that nobody can see happen would be left as inconclusive.
import { fc } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { loadScenarios } from '../../src/cli/load-scenarios.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { confirm, search, witnessOf, type Witness } from '../../src/search/index.ts';
import { tapeSource } from '../../src/sim/kernel/tape-source.ts';
import { run } from '../../src/sim/run.ts';
import { fileURLToPath } from 'node:url';
import { recipes, scenarioOf } from './random-scenario.ts';

const FEATURES = new URL('../fixtures/features/', import.meta.url);
const GATES = ['open', 'flag', 'votersReady', 'groupReady', 'someReady'] as const;

/** The shortest witness of a scenario that breaks; null where it holds. */
function shortestOf(scenario: Scenario): Witness | null {
  const searched = search(scenario);
  const [broken] = searched.broken;
  return broken === undefined ? null : witnessOf(searched, broken);
}

/** A run follows the witness, and its tape shows the same again. */
function isShown(t: ExecutionContext, scenario: Scenario, witness: Witness): void {
  const { confirmed, tape } = confirm(scenario, witness);
  const steps = witness.steps.map(({ kind, node }) => `${kind} ${node}`).join(', ');
  t.is(confirmed, 'confirmed', `${scenario.name}: ${steps}`);
  if (tape === null) return;
  const again = run(scenario, tapeSource(tape));
  t.true(again.violations.some(({ property }) => property === witness.property));
}

for (const feature of ['finalized-twice', 'replaced-node', 'promotion']) {
  test(`${feature}: whatever breaks in the model breaks in a run`, async (t) => {
    const file = fileURLToPath(new URL(`${feature}.ts`, FEATURES));
    const loaded = await loadScenarios([file], fileURLToPath(FEATURES));
    const broken = loaded.flatMap(({ scenario }) => {
      if (scenario.kind !== 'scenario') return [];
      const witness = shortestOf(scenario);
      return witness === null ? [] : [{ scenario, witness }];
    });
    t.true(broken.length > 0);
    for (const { scenario, witness } of broken) isShown(t, scenario, witness);
  });
}

test('features made at random: whatever breaks in the model breaks in a run', (t) => {
  let violated = 0;
  for (const recipe of fc.sample(recipes(1), { seed: 12, numRuns: 40 })) {
    const scenario = scenarioOf(recipe, GATES[recipe.gate % GATES.length]!);
    const witness = shortestOf(scenario);
    if (witness === null) continue;
    violated++;
    isShown(t, scenario, witness);
  }
  t.true(violated > 10, `${violated} of 40`);
});

test('cues name every step that is begun, one that came to nothing included by what it was before', (t) => {
  const recipe = fc
    .sample(recipes(1), { seed: 12, numRuns: 40 })
    .find(({ rollBack, oldApplies }) => rollBack && !oldApplies)!;
  const witness = shortestOf(scenarioOf(recipe, 'open'))!;
  const upgrades = witness.steps.filter(({ kind }) => kind === 'upgrade').map(({ node }) => node);
  t.deepEqual(
    witness.cues.filter(({ what }) => what === 'upgrade').map(({ node }) => node),
    upgrades,
  );
  t.is(
    witness.cues.filter(({ what }) => what === 'step').length,
    1 + witness.steps.filter(({ kind }) => kind === 'admit').length,
  );
});
