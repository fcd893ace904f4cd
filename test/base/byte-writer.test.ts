// Writing bytes: what is read is what was written, wherever the writer had to grow.
import test from 'ava';
import { testProp, fc } from '@fast-check/ava';
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts';

const field = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffff_ffff) }),
  fc.record({ kind: fc.constant('safe' as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('u64' as const), value: fc.bigInt(0n, 0xffff_ffff_ffff_ffffn).map(String) }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 20 }) }),
);
type Field = typeof field extends fc.Arbitrary<infer F> ? F : never;

function write(w: ByteWriter, f: Field): void {
  switch (f.kind) {
    case 'u8':
      return w.u8(f.value);
    case 'u16':
      return w.u16(f.value);
    case 'u32':
      return w.u32(f.value);
    case 'safe':
      return w.safe(f.value);
    case 'u64':
      return w.u64(f.value);
    case 'bytes':
      return w.bytes(f.value);
  }
}

function read(r: ByteReader, f: Field): unknown {
  switch (f.kind) {
    case 'bytes':
      return r.bytes(f.value.length).slice();
    default:
      return r[f.kind]();
  }
}

testProp(
  'fields written in any order come back, however small the writer began',
  [fc.array(field, { maxLength: 60 })],
  (t, fields) => {
    const w = new ByteWriter(0);
    for (const f of fields) write(w, f);
    const r = new ByteReader(w.finish());
    for (const f of fields) t.deepEqual(read(r, f), f.value);
    t.is(r.left, 0);
  },
);

test('every kind of field survives the very write that makes the writer grow', (t) => {
  for (let before = 0; before <= 16; before++) {
    for (const f of [
      { kind: 'u16', value: 0xabcd },
      { kind: 'u32', value: 0xdead_beef },
      { kind: 'safe', value: 2 ** 52 + 1 },
      { kind: 'u64', value: '18446744073709551615' },
    ] as const satisfies readonly Field[]) {
      const w = new ByteWriter(0);
      w.bytes(new Uint8Array(before));
      write(w, f);
      const r = new ByteReader(w.finish(), before);
      t.is(read(r, f), f.value, `${f.kind} after ${before} bytes`);
    }
  }
});
