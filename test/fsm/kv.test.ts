// The data half of the state machine: what is framed and parsed as protobuf, what each build does with each first byte,
// what a store keeps, and what two replicas must agree on.
import { fc } from '@fast-check/ava';
import test from 'ava';
import protobuf from 'protobufjs';
import {
  APPLIED,
  DISPATCH,
  Hlc,
  KvFsm,
  KvStore,
  decodeCommand,
  decodeRequest,
  del,
  encodeKvPayload,
  encodeRequest,
  isHalt,
  leasePayload,
  put,
  rawRequest,
} from '../../src/fsm/index.ts';
import type { DispatchTable, KvRequest, Mutation } from '../../src/fsm/index.ts';
import { EntryType, entry } from '../../src/raft/types.ts';
import { ByteWriter, VarintReader, readU64, writeU64 } from '../../src/base/bytes.ts';

const schema = protobuf.parse(`
  syntax = "proto3";
  enum Op { PUT = 0; DEL = 1; DEL_PREFIX = 2; }
  enum Phase { NONE = 0; PREPARE = 1; COMMIT = 2; ABORT = 3; }
  message Mutation { Op op = 1; bytes key = 2; bytes value = 3; uint64 commit_ts_value_offset = 4; }
  message Request {
    bool is_txn = 1; Phase phase = 2; uint64 ts = 3; repeated Mutation mutations = 4; repeated bytes read_keys = 5;
    uint64 observed_route_version = 6;
  }
  message RaftCommand { repeated Request requests = 1; }
`).root;
const RequestType = schema.lookupType('Request');
const CommandType = schema.lookupType('RaftCommand');

const bytes = fc.uint8Array({ maxLength: 12 });
const half = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffff_ffff }));
const mutation: fc.Arbitrary<Mutation> = fc.record({
  op: fc.nat(2),
  key: bytes,
  value: bytes,
  offsetHigh: half,
  offsetLow: half,
});
const request: fc.Arbitrary<KvRequest> = fc.record({
  isTxn: fc.boolean(),
  phase: fc.nat(3),
  tsHigh: half,
  tsLow: half,
  mutations: fc.array(mutation, { maxLength: 3 }),
  readKeys: fc.array(bytes, { maxLength: 2 }),
  routeHigh: half,
  routeLow: half,
});

/** A request as the library builds it: its own 64-bit type, fields by their names in the schema. */
function libraryForm(r: KvRequest): Record<string, unknown> {
  const u64 = (high: number, low: number): unknown => ({ low: low | 0, high: high | 0, unsigned: true });
  return {
    isTxn: r.isTxn,
    phase: r.phase,
    ts: u64(r.tsHigh, r.tsLow),
    mutations: r.mutations.map((m) => ({
      op: m.op,
      key: m.key,
      value: m.value,
      commitTsValueOffset: u64(m.offsetHigh, m.offsetLow),
    })),
    readKeys: r.readKeys,
    observedRouteVersion: u64(r.routeHigh, r.routeLow),
  };
}

/** Everything a value holds, in plain arrays, so that two of them compare whatever their classes. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

test('what the protobuf library writes is read as the same request', (t) => {
  fc.assert(
    fc.property(request, (r) => {
      const written = RequestType.encode(RequestType.fromObject(libraryForm(r))).finish();
      t.deepEqual(plain(decodeRequest(Uint8Array.from(written))), plain(r));
    }),
  );
});

test('what is written is read by the protobuf library as the same request', (t) => {
  fc.assert(
    fc.property(request, (r) => {
      const read = RequestType.decode(encodeRequest(r));
      const again = RequestType.encode(read).finish();
      t.deepEqual(plain(decodeRequest(Uint8Array.from(again))), plain(r));
    }),
  );
});

test('one request is framed 0x00, several 0x01 as the library frames a command, none and 64 MiB are refused', (t) => {
  fc.assert(
    fc.property(fc.array(request, { minLength: 2, maxLength: 4 }), (requests) => {
      const payload = encodeKvPayload(requests)!;
      t.is(payload[0], 0x01);
      t.deepEqual(plain(decodeCommand(payload, 1)), plain(requests));
      const command = CommandType.toObject(CommandType.decode(payload.subarray(1))) as { requests: unknown[] };
      t.is(command.requests.length, requests.length);
    }),
    { numRuns: 30 },
  );
  t.is(encodeKvPayload([rawRequest([], 0, 1)])?.[0], 0x00);
  t.is(encodeKvPayload([]), null);
  const fill = new Uint8Array(64 * 1024 * 1024);
  t.is(encodeKvPayload([rawRequest([put(fill.subarray(0, 1), fill)], 0, 1)]), null);
});

/** Bodies and whether Go takes them for a Request. */
const ACCEPTANCE: readonly (readonly [string, boolean])[] = [
  ['', true],
  ['0801', true], // is_txn
  ['0a0161', true], // is_txn with the wire type of bytes: an unknown field
  ['18ffffffffffffffffff01', true], // ts, the largest uint64
  ['18ffffffffffffffffff02', false], // the tenth byte holds more than one bit
  ['1880808080808080808080 01'.replace(' ', ''), false], // eleven bytes
  ['00', false], // field 0
  ['0700', false], // wire type 7
  ['0c', false], // end of a group that never began
  ['0b0c', true], // an empty group of field 1
  ['0b14', false], // a group closed by another field
  ['0b130c14', false], // groups closed in the wrong order
  ['0b13140c', true], // nested groups
  ['0b', false], // a group without end
  ['2205', false], // a mutation cut short
  ['22020a00', true], // a mutation whose op has the wire type of bytes
  ['22020700', false], // a mutation that is no message
  ['22021200', true], // a mutation with an empty key
  ['2dffffffff', true], // fixed32 of a bytes field: unknown
  ['2dffffff', false], // the same, cut short
  ['f8ffffff0f01', true], // the largest field number
  ['80808080 1001'.replace(' ', ''), false], // one beyond it
  ['0bf8ffffff7f010c', false], // beyond it in a group, and beyond int32
  ['0b80808080 10010c'.replace(' ', ''), true], // beyond it in a group: Go is laxer there
];

test('the reader accepts exactly what Go accepts', (t) => {
  for (const [body, accepted] of ACCEPTANCE) {
    t.is(decodeRequest(Uint8Array.from(Buffer.from(body, 'hex'))) !== null, accepted, body);
  }
});

test('nesting in a skipped group is bounded', (t) => {
  const groups = (depth: number): Uint8Array => {
    const b = new Uint8Array(2 * depth).fill(0x0b);
    return b.fill(0x0c, depth);
  };
  t.not(decodeRequest(groups(10_000)), null);
  t.is(decodeRequest(groups(10_001)), null);
});

test('a varint of any uint64 is read back, and one cut short is refused', (t) => {
  fc.assert(
    fc.property(half, half, (high, low) => {
      const w = new ByteWriter();
      w.varint(high, low);
      const b = w.finish();
      const reader = new VarintReader();
      t.is(reader.read(b, 0, b.length), b.length);
      t.deepEqual([reader.high, reader.low], [high, low]);
      t.is(reader.read(b, 0, b.length - 1), -1);
    }),
  );
});

test('a uint64 survives as a decimal string', (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (n) => {
      const b = new Uint8Array(8);
      writeU64(b, 0, String(n));
      t.is(readU64(b, 0), String(n));
      t.is(Buffer.from(b).readBigUInt64BE(), n);
    }),
  );
});

interface Replica {
  readonly store: KvStore;
  readonly fsm: KvFsm;
  readonly hlc: Hlc;
}

function replica(dispatch: DispatchTable = DISPATCH.raftCutover, store = new KvStore()): Replica {
  const hlc = new Hlc();
  return { store, hlc, fsm: new KvFsm({ store, hlc, dispatch, applier: null, cutoverSource: null }) };
}

function apply(r: Replica, index: number, payload: Uint8Array): ReturnType<KvFsm['apply']> {
  r.fsm.setApplyIndex(index);
  return r.fsm.apply(entry(1, index, EntryType.Normal, payload), payload);
}

function key(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function write(ts: number, ...mutations: Mutation[]): Uint8Array {
  return encodeKvPayload([rawRequest(mutations, 0, ts)])!;
}

function value(r: Replica, name: string, ts?: number): string | null {
  const found = ts === undefined ? r.store.read(key(name)) : r.store.read(key(name), 0, ts);
  return found.kind === 'found' ? new TextDecoder().decode(found.value) : null;
}

test('each build halts on the band it closes and skips the rest in silence', (t) => {
  const halting = (dispatch: DispatchTable): number[] => {
    const tags: number[] = [];
    for (let tag = 0; tag < 256; tag++) {
      const outcome = apply(replica(dispatch), 5, Uint8Array.of(tag, 0xff, 0xff, 0xff));
      if (isHalt(outcome)) tags.push(tag);
      else t.not(outcome.error, null, `tag ${tag} must be a plain error`);
    }
    return tags;
  };
  t.deepEqual(halting(DISPATCH.legacy), []);
  t.deepEqual(halting(DISPATCH.knownOnly), [3, 4, 5]);
  t.deepEqual(halting(DISPATCH.closed), [3, 4, 5, 6, 7]);
  t.deepEqual(halting(DISPATCH.raftCutover), [3, 4, 5, 6, 7]);
});

test('an entry of the legacy form is applied as the request it is', (t) => {
  const r = replica();
  const body = encodeRequest(rawRequest([put(key('k'), key('v'))], 0, 9));
  t.is(body[0], 0x18);
  t.is(apply(r, 2, body), APPLIED);
  t.is(value(r, 'k'), 'v');
});

test('reads see the newest version at or below their timestamp, deletions hide, and old writes conflict', (t) => {
  const r = replica();
  apply(r, 2, write(10, put(key('k'), key('a'))));
  apply(r, 3, write(20, put(key('k'), key('b'))));
  apply(r, 4, write(30, del(key('k'))));
  t.deepEqual([value(r, 'k'), value(r, 'k', 29), value(r, 'k', 19), value(r, 'k', 9)], [null, 'b', 'a', null]);
  const late = apply(r, 5, write(25, put(key('k'), key('late')), put(key('other'), key('x'))));
  t.like(late, { kind: 'applied', error: 'key: k: write conflict' });
  t.is(value(r, 'other'), null, 'all or nothing');
  t.is(r.store.durableAppliedIndex, 4, 'a refused write is not durable');
});

test('a prefix delete hides every visible key below it and no other', (t) => {
  const r = replica();
  apply(r, 2, write(10, put(key('a/1'), key('x')), put(key('a/2'), key('y')), put(key('b'), key('z'))));
  apply(r, 3, write(20, { op: 2, key: key('a/'), value: key(''), offsetHigh: 0, offsetLow: 0 }));
  t.deepEqual([value(r, 'a/1'), value(r, 'a/2'), value(r, 'b')], [null, null, 'z']);
});

test('requests without a key, with an unknown operation, empty or in a transaction are plain errors', (t) => {
  const r = replica();
  t.like(apply(r, 2, write(1, put(key(''), key('v')))), { error: 'invalid request' });
  t.like(apply(r, 2, write(1, { op: 9, key: key('k'), value: key(''), offsetHigh: 0, offsetLow: 0 })), {
    error: 'unknown request type',
  });
  t.like(apply(r, 2, Uint8Array.of(0x01)), { error: 'invalid request' });
  t.like(apply(r, 2, encodeKvPayload([{ ...rawRequest([], 0, 1), isTxn: true }])!), { error: 'invalid request' });
});

test('only data moves the durable index', (t) => {
  const r = replica();
  apply(r, 2, write(10, put(key('k'), key('a'))));
  apply(r, 3, leasePayload(5_000));
  t.deepEqual([r.store.durableAppliedIndex, r.hlc.ceilingMs], [2, 5_000]);
  r.fsm.snapshot(3);
  t.is(r.store.durableAppliedIndex, 3, 'a persisted snapshot does too');
});

test('a lease only ever raises the ceiling', (t) => {
  const r = replica();
  for (const ceiling of [7, 5, 9, 8]) apply(r, 2, leasePayload(ceiling));
  const negative = new Uint8Array(9).fill(0xff);
  negative[0] = 0x02;
  t.is(apply(r, 2, negative), APPLIED);
  t.is(r.hlc.ceilingMs, 9);
});

test('timestamps rise, start at the ceiling, and follow what others committed', (t) => {
  const hlc = new Hlc();
  const draw = (now: number): bigint => {
    hlc.next(now);
    return (BigInt(hlc.lastHigh) << 32n) | BigInt(hlc.lastLow);
  };
  t.is(draw(1_700_000_000_000), 1_700_000_000_000n << 16n);
  t.is(draw(1_600_000_000_000), (1_700_000_000_000n << 16n) + 1n, 'a wall that runs back is no way back');
  hlc.raiseCeiling(Math.floor(1_800_000_000_000 / 2 ** 32), 1_800_000_000_000 % 2 ** 32);
  t.is(draw(1_700_000_000_001), 1_800_000_000_000n << 16n);
  const seen = (1_900_000_000_000n << 16n) | 0xffffn;
  hlc.observe(Number(seen >> 32n), Number(seen & 0xffff_ffffn));
  t.is(draw(0), 1_900_000_000_001n << 16n, 'a full counter carries into the milliseconds');
});

const step = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  ts: fc.integer({ min: 1, max: 40 }),
  text: fc.string({ maxLength: 3 }),
  gone: fc.boolean(),
});

test('replicas that applied the same entries have the same digest and the same snapshot, whatever their history', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.nat(25), (steps, cut) => {
      const straight = replica();
      let restarted = replica();
      steps.forEach((s, i) => {
        const payload = write(s.ts, s.gone ? del(key(s.name)) : put(key(s.name), key(s.text)));
        apply(straight, i + 1, payload);
        if (i === cut) {
          const restored = replica();
          t.is(restored.fsm.restore(restarted.fsm.snapshot(i), i), null);
          restarted = restored;
        }
        apply(restarted, i + 1, payload);
      });
      t.is(straight.fsm.digest(), restarted.fsm.digest());
      t.deepEqual(straight.store.snapshotBody(), restarted.store.snapshotBody());
    }),
  );
});

test('replicas that differ in one value, one version or one registry row differ in their digests', (t) => {
  const digest = (...payloads: Uint8Array[]): number => {
    const r = replica();
    payloads.forEach((payload, i) => apply(r, i + 1, payload));
    return r.fsm.digest();
  };
  const base = write(10, put(key('k'), key('v')));
  const others = [
    digest(base),
    digest(write(10, put(key('k'), key('w')))),
    digest(write(11, put(key('k'), key('v')))),
    digest(base, write(20, put(key('k'), key('v')))),
    digest(base, write(20, del(key('k')))),
    digest(),
  ];
  const rows = replica();
  rows.store.set(key('!row'), key('1'));
  others.push(rows.fsm.digest());
  rows.store.set(key('!row'), key('2'));
  others.push(rows.fsm.digest());
  t.is(new Set(others).size, others.length);
});

test('a store that keeps two versions drops older ones, on every replica alike', (t) => {
  const kept = replica(DISPATCH.raftCutover, new KvStore({ keepVersions: 2 }));
  for (const ts of [10, 20, 30]) apply(kept, ts, write(ts, put(key('k'), key(String(ts)))));
  t.deepEqual([value(kept, 'k', 10), value(kept, 'k', 20), value(kept, 'k')], [null, '20', '30']);
  const restored = replica();
  restored.fsm.restore(kept.fsm.snapshot(30), 30);
  t.is(restored.fsm.digest(), kept.fsm.digest());
});

test('a damaged snapshot is refused and changes nothing', (t) => {
  const source = replica();
  apply(source, 2, write(10, put(key('k'), key('v'))));
  const good = source.fsm.snapshot(2);
  for (let length = 0; length < good.length; length++) {
    const target = replica();
    t.not(target.fsm.restore(good.slice(0, length), 2), null, `${length} bytes`);
    t.deepEqual([target.store.durableAppliedIndex, target.store.keyCount], [0, 0]);
  }
});
