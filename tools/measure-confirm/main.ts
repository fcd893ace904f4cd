// Measures how many violations that the exhaustive search claims a run of the simulator then shows: features are made at
// random, each is searched, and its shortest witness is put to the test as the command line does it. A claim that no run
// follows is worth nothing to whoever has to believe it.
// Usage: main.ts [SEED [COUNT]]; without arguments the two published sets.
import fc from 'fast-check';
import { confirm, search, witnessOf, type Witness } from '../../src/search/index.ts';
import { formulaOf } from '../../src/gate/formula.ts';
import { recipes, scenarioOf, type Recipe } from '../../test/search/random-scenario.ts';
import { timed } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';

/** The seeds that directed runs were made on, and seeds they were not. */
const SEEDS = [1, 2_611] as const;
const COUNT = 200;
const GATES = ['open', 'flag', 'votersReady', 'groupReady', 'someReady'] as const;

interface Claim {
  readonly recipe: Recipe;
  readonly witness: Witness;
}

/** The violations among so many features. */
function claims(seed: number, count: number): Claim[] {
  return fc.sample(recipes(1), { seed, numRuns: count }).flatMap((recipe): Claim[] => {
    const scenario = scenarioOf(recipe, formulaOf(GATES[recipe.gate % GATES.length]!));
    const searched = search(scenario);
    const [broken] = searched.broken;
    return broken === undefined ? [] : [{ recipe, witness: confirm(scenario, witnessOf(searched, broken)) }];
  });
}

function told({ recipe, witness }: Claim): string {
  const gate = GATES[recipe.gate % GATES.length]!;
  const { voters, learner, extra } = recipe;
  const steps = witness.steps.map(({ kind, node }) => `${kind} ${node}`).join(', ');
  return `- ${voters} voters${learner ? ' and a learner' : ''}, ${extra}, gate ${gate}: ${steps}`;
}

function main(): void {
  const [seed, count] = process.argv.slice(2).map(Number);
  const rows: (string | number)[][] = [];
  const left: string[] = [];
  for (const one of seed === undefined ? SEEDS : [seed]) {
    const { result, cpuSeconds } = timed(() => claims(one, count ?? COUNT));
    const missed = result.filter(({ witness }) => witness.confirmed !== 'confirmed');
    rows.push([
      one,
      count ?? COUNT,
      result.length,
      result.length - missed.length,
      missed.length,
      cpuSeconds.toFixed(1),
    ]);
    left.push(...missed.map(told));
  }
  const lines = [
    ...table(['seed', 'features', 'violated', 'shown by a run', 'not shown', 'CPU s'], rows),
    ...(left.length === 0 ? [] : ['', 'Not shown:', '', ...left]),
  ];
  if (seed === undefined) publish('measure:confirm', lines);
  else process.stdout.write(`${lines.join('\n')}\n`);
}

main();
