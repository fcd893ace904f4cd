// The model and the simulator are two accounts of the same cluster. A verdict of the one rests on what it leaves out; where
// a run of the other breaks what a whole search says holds, something was left out that decides.
import { fc, testProp } from '@fast-check/ava';
import { search, sourceOf, type DrawingStrategy } from '../../src/search/index.ts';
import { run } from '../../src/sim/index.ts';
import { rolloutOf } from './random-rollout.ts';

const STRATEGIES: readonly DrawingStrategy[] = ['swarm', 'pos', 'pct:3'];
const RUNS = 24;

testProp(
  'no run breaks what a search to its end says holds',
  [fc.nat(1_000_000)],
  (t, seed) => {
    const one = rolloutOf(seed);
    const searched = search(one, { maxStates: 30_000 });
    const runs = searched.complete && searched.broken.length === 0 ? RUNS : 0;
    for (let i = 0; i < runs; i++) {
      const strategy = STRATEGIES[i % STRATEGIES.length]!;
      const { violations } = run(one, sourceOf(strategy, String(i)));
      t.deepEqual(violations, [], `rollout ${seed}, ${strategy} ${i}`);
    }
    t.pass();
  },
  { numRuns: 60, examples: [[329], [5055]] },
);
