// Measures what an idle group costs per tick beside 100 to 10,000 others, in shards and all in one, and puts the table into
// bench/README.md. It measures the compiled form: the loader that runs this file would be measured with it.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type * as Idle from '../../src/conform/bench/idle.ts';
import { ROOT } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';

const SIZES = [100, 300, 1_000, 3_000, 10_000];
const ONE_SHARD = 1e9;
/** Messages per group and tick: two heartbeats and two answers. */
const MESSAGES = 4;

const compiled = pathToFileURL(join(ROOT, 'dist/conform/bench/idle.js')).href;
const { idleCost } = (await import(compiled)) as typeof Idle;

const rows = SIZES.map((groups) => {
  const sharded = idleCost(groups);
  const whole = idleCost(groups, ONE_SHARD);
  const cells = [sharded.least, sharded.median, sharded.median / MESSAGES, whole.least, whole.median];
  return [groups.toLocaleString('en-US'), ...cells.map((ns) => Math.round(ns))];
});
const head = ['groups', 'least', 'median', 'a message, median', 'one shard: least', 'one shard: median'];
publish('measure:idle', table(head, rows), 'bench/README.md');
