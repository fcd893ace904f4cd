// Measures how many states the exhaustive search looks at in a CPU second, over the scenarios large enough to tell, and how
// many bytes it keeps of each. Each is searched once to warm up and once to measure: a compiler that is still at work would
// be measured otherwise.
import { search } from '../../src/search/index.ts';
import { corpus, timed } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';

/** States below which the clock says nothing. */
const LEAST = 20_000;
const MOST = 300_000;

const { scenarios } = await corpus();
const rows: (string | number)[][] = [];
let states = 0;
let seconds = 0;
for (const scenario of scenarios) {
  const warm = search(scenario, { maxStates: MOST, all: true });
  if (warm.store.size < LEAST) continue;
  const { result, cpuSeconds } = timed(() => search(scenario, { maxStates: MOST, all: true }));
  states += result.store.size;
  seconds += cpuSeconds;
  const rate = Math.round(result.store.size / cpuSeconds);
  rows.push([
    scenario.name,
    result.store.size,
    result.complete ? 'yes' : 'no',
    4 * result.store.words,
    cpuSeconds.toFixed(2),
    rate,
  ]);
}
const head = ['scenario', 'states', 'complete', 'bytes a state', 'CPU s', 'states a CPU second'];
publish('measure:states', [
  ...table(head, rows),
  '',
  `${states} states in ${seconds.toFixed(1)} CPU seconds: ${Math.round(states / seconds)} a second.`,
]);
