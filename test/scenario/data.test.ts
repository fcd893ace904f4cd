// What a state may be made of, as texts: what goes into a snapshot comes out of it again, and equal content has one digest
// whatever its history. A kind of data that is lost on the way makes two replicas differ in silence.
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { InputError } from '../../src/base/errors.ts';
import { canonicalJson, deepFreeze } from '../../src/scenario/canonical.ts';
import { decodeData, encodeData } from '../../src/scenario/data-codec.ts';

const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.bigInt(), fc.constantFrom(undefined, null, 0.5, '$', 'set')),
    fc.array(tie('data'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$', 'of', '10', '9')), tie('data'), { maxKeys: 4 }),
    fc.array(tie('data'), { maxLength: 4 }).map((parts) => new Set(parts)),
    fc.array(fc.tuple(tie('data'), tie('data')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  ),
}));

/** The same content with everything filled in the other way round. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  if (value instanceof Set) return new Set([...value].map(reversed).reverse());
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [reversed(k), reversed(v)] as const).reverse());
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [key, reversed(part)])
      .reverse() as [string, unknown][],
  );
}

testProp('data comes back from its text as it was, in the same order', [data], (t, value) => {
  t.deepEqual(decodeData(encodeData(value)), value);
  t.deepEqual(encodeData(decodeData(encodeData(value))), encodeData(value));
});

testProp('equal content has one text, whatever the order it was filled in', [data], (t, value) => {
  t.is(canonicalJson(reversed(value)), canonicalJson(value));
  t.is(canonicalJson(decodeData(encodeData(value))), canonicalJson(value));
});

test('content that differs in kind alone has texts of its own', (t) => {
  const kinds = [1, '1', 1n, '1n', [], {}, new Set(), new Map(), null, undefined, 'undefined', [null], [undefined], {}];
  const pairs = [{ a: undefined }, new Map([['a', 1]]), { a: 1 }, new Set(['a', 1]), ['a', 1]];
  const texts = [...kinds, ...pairs].map(canonicalJson);
  t.is(new Set(texts).size, texts.length - 1, 'only the two empty objects are equal');
});

test('data that JSON carries is written as JSON', (t) => {
  const state = { rows: { b: '1', a: [true, null, 2.5] }, of: 'x' };
  t.is(new TextDecoder().decode(encodeData(state)), JSON.stringify(state));
  t.is(canonicalJson(state), '{"of":"x","rows":{"a":[true,null,2.5],"b":"1"}}');
});

test('data that contains itself is refused, not walked for ever', (t) => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  deepFreeze(loop, 'state');
  t.throws(() => canonicalJson(loop), { instanceOf: InputError, message: /contains itself/ });
});
