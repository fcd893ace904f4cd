// Measures whether gates are held by the properties of their scenarios: every gate of every scenario that holds is changed in
// each small way, and what nothing notices is listed. A part of a gate that no property needs is a property that is missing,
// or a part too much. With --rollout some of the scenarios of releases are mutated as well, in a table line of their own.
import { mutateGates, type Mutant, type MutationResult } from '../../src/search/index.ts';
import { corpus, FOLDERS, searchable } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';

/** States that one search may have, and runs that one mutant gets. */
const LIMITS = { maxStates: 100_000, runs: 30 } as const;
/** Of the scenarios of the rollout, which are many and much alike, one in so many is mutated. */
const ONE_IN = 12;

function countOf(mutants: readonly Mutant[], is: (mutant: Mutant) => boolean): number {
  return mutants.filter(is).length;
}

function row(name: string, results: readonly MutationResult[]): (string | number)[] {
  const mutants = results.flatMap((result) => result.mutants);
  const of = (outcome: Mutant['outcome']) => countOf(mutants, (one) => one.outcome === outcome);
  const claimed = countOf(mutants, ({ shown }) => shown === 'in the model only');
  const open = of('survived') + of('undecided');
  return [name, mutants.length, of('killed') - claimed, of('equivalent'), of('unneeded'), claimed, open];
}

function open({ scenario, mutants }: MutationResult): string[] {
  const left = mutants.filter(
    ({ outcome, shown }) => outcome === 'survived' || outcome === 'undecided' || shown === 'in the model only',
  );
  // Where one thing stands in the way of many, it is told once.
  const reasons = [...new Set(left.map(({ because }) => because))];
  return reasons.map((because) => {
    const [first, ...others] = left.filter((one) => one.because === because);
    const which = others.length > 0 ? `${1 + others.length} mutants` : `${first!.build}@${first!.at}, ${first!.to}`;
    return `- ${scenario}, ${which}: ${because}`;
  });
}

/** Mutates the scenarios of the folders and publishes what came of it. */
async function main(): Promise<void> {
  const holding = async (folders: readonly string[], oneIn: number): Promise<MutationResult[]> => {
    const { scenarios } = await corpus(folders);
    return scenarios
      .filter(({ expect }) => expect === 'holds')
      .filter((_, i) => i % oneIn === 0)
      .map((scenario) => mutateGates(searchable(scenario, LIMITS), LIMITS))
      .filter(({ mutants }) => mutants.length > 0);
  };
  const single = await holding(FOLDERS, 1);
  const rollout = process.argv.includes('--rollout') ? await holding(['scenarios/rollout'], ONE_IN) : [];
  const all = [...single, ...rollout];
  const rows = [
    ...single.map((result) => row(result.scenario, [result])),
    ...(rollout.length === 0 ? [] : [row(`scenarios/rollout, ${rollout.length} scenarios, one in ${ONE_IN}`, rollout)]),
    row('all', all),
  ];
  const head = ['scenario', 'mutants', 'killed', 'equivalent', 'unneeded', 'in the model only', 'not decided'];
  const left = all.flatMap(open);
  publish('measure:mutate', [
    ...table(head, rows),
    '',
    left.length === 0
      ? 'Every mutant is killed, equivalent, or shown to be unneeded.'
      : 'Neither killed nor accounted for:',
    ...(left.length === 0 ? [] : ['', ...left]),
  ]);
}

await main();
