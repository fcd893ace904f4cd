// Measures how many states the exhaustive search looks at in a CPU second and how many bytes it keeps of each, over the
// scenarios large enough to tell; and how many states there are with and without the reductions. Each is searched once to
// warm up and once to measure: a compiler that is still at work would be measured otherwise.
import type { Scenario } from '../../src/scenario/scenario.ts';
import { ModelLimit, search, type Searched, type SearchOptions } from '../../src/search/index.ts';
import { corpus, timed } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';

/** States below which the clock says nothing. */
const LEAST = 20_000;
const MOST = 300_000;
/** States that a scenario has at least, without reductions, to be listed. */
const WORTH = 1_000;

/** The search of a scenario; null where the model cannot hold it. */
function searched(scenario: Scenario, options: SearchOptions): Searched | null {
  try {
    return search(scenario, { maxStates: MOST, all: true, ...options });
  } catch (error) {
    if (error instanceof ModelLimit) return null;
    throw error;
  }
}

function sizeOf({ store, why }: Searched): string {
  return why === null ? String(store.size) : `> ${MOST}`;
}

/** States with both reductions, with one of them, with none. */
function reduced(scenario: Scenario): string[] | null {
  const none = searched(scenario, { symmetry: false, partialOrder: false });
  if (none === null || none.store.size < WORTH) return null;
  const [symmetry, orders, both] = [{ partialOrder: false }, { symmetry: false }, {}].map((o) =>
    searched(scenario, o)!,
  );
  const times = `${none.why === null ? '' : '> '}${(none.store.size / both!.store.size).toFixed(1)}`;
  return [scenario.name, ...[none, symmetry!, orders!, both!].map(sizeOf), both!.why === null ? times : 'unknown'];
}

function rates(scenarios: readonly Scenario[]): string[] {
  const rows: (string | number)[][] = [];
  let states = 0;
  let seconds = 0;
  for (const scenario of scenarios) {
    const warm = searched(scenario, {});
    if (warm === null || warm.store.size < LEAST) continue;
    const { result, cpuSeconds } = timed(() => search(scenario, { maxStates: MOST, all: true }));
    states += result.store.size;
    seconds += cpuSeconds;
    const rate = Math.round(result.store.size / cpuSeconds);
    const bytes = 4 * result.store.words;
    rows.push([scenario.name, result.store.size, result.complete ? 'yes' : 'no', bytes, cpuSeconds.toFixed(2), rate]);
  }
  const head = ['scenario', 'states', 'complete', 'bytes a state', 'CPU s', 'states a CPU second'];
  return [
    ...table(head, rows),
    '',
    `${states} states in ${seconds.toFixed(1)} CPU seconds: ${Math.round(states / seconds)} a second.`,
  ];
}

const { scenarios } = await corpus();
const head = ['scenario', 'no reduction', 'equal nodes', 'orders and terms', 'both', 'times fewer'];
publish('measure:states', [
  ...rates(scenarios),
  '',
  `States of all that breaks and holds, up to ${MOST}, without and with the reductions:`,
  '',
  ...table(
    head,
    scenarios.flatMap((scenario) => {
      const row = reduced(scenario);
      return row === null ? [] : [row];
    }),
  ),
]);
