// A short byte fuzz of every reader; `npm run fuzz:bytes` is the long one.
import test from 'ava';
import { fuzz } from '../../tools/fuzz-bytes/fuzz.ts';
import { TARGETS } from '../../tools/fuzz-bytes/targets.ts';

test('no reader throws, hangs, or fails in a way it does not name', (t) => {
  t.deepEqual(fuzz('short', 30_000).findings, []);
});

test('every reader accepts the inputs it starts from', (t) => {
  for (const target of TARGETS) {
    for (const seed of target.seeds) t.is(target.run(seed.slice()), null, target.name);
  }
});

test('a reader that throws on one kind of input is found', (t) => {
  const brittle = {
    name: 'brittle',
    seeds: [Uint8Array.of(1, 2, 3, 4)],
    run(bytes: Uint8Array): string | null {
      if (bytes.length === 3) throw new RangeError('three bytes');
      return null;
    },
  };
  t.regex(fuzz('planted', 1_000, [brittle]).findings[0] ?? '', /brittle: threw RangeError: three bytes/);
});

test('the same seed gives the same inputs', (t) => {
  const seen: string[][] = [[], []];
  for (const run of seen) {
    fuzz('again', 200, [{ name: 'spy', seeds: [Uint8Array.of(1, 2, 3)], run: (b) => (run.push(b.join()), null) }]);
  }
  t.deepEqual(seen[0], seen[1]);
});
