// The sidecar and its neighbours on disk: a crash between any two steps of a durable write, what Go's decoder accepts,
// who may read a KEK file, nonces at the end of their counter.
import { fc } from '@fast-check/ava';
import test from 'ava';
import type { FullNodeId } from '../../src/base/ids.ts';
import {
  FileError,
  MemoryFiles,
  NonceFactory,
  bumpLocalEpoch,
  checkNodeIdCollision,
  emptySidecar,
  formatSidecar,
  loadKek,
  nodeId16,
  parseSidecar,
  readSidecar,
  writeSidecar,
} from '../../src/fsm/encryption/index.ts';
import type { Files, Sidecar } from '../../src/fsm/encryption/index.ts';
import { goQuote } from '../../src/base/go-text.ts';
import { Failure } from '../../src/fsm/index.ts';
import { NODE, PATH, PowerLoss, powerLossAfter } from './_node.ts';

function sidecarWith(index: bigint): Sidecar {
  const keys = new Map([['7', { purpose: 'storage', wrapped: new Uint8Array(2), created: 'c', localEpoch: 1 }]]);
  return { ...emptySidecar(), raftAppliedIndex: index, active: { storage: 7, raft: 0 }, keys };
}

function indexOnDisk(files: MemoryFiles): bigint | string {
  const sidecar = readSidecar(files, PATH);
  return sidecar instanceof Failure ? sidecar.text : sidecar.raftAppliedIndex;
}

test('a crash between any two steps of a write leaves the old sidecar or the new one, and the next write succeeds', (t) => {
  const seen: (bigint | string)[] = [];
  for (let calls = 0; ; calls++) {
    const files = new MemoryFiles();
    t.is(writeSidecar(files, PATH, sidecarWith(1n)), null);
    let crashed = false;
    try {
      writeSidecar(powerLossAfter(files, calls), PATH, sidecarWith(2n));
    } catch (error) {
      t.true(error instanceof PowerLoss);
      crashed = true;
    }
    seen.push(indexOnDisk(files));
    t.is(writeSidecar(files, PATH, sidecarWith(3n)), null, `after ${calls} calls`);
    t.deepEqual([indexOnDisk(files), files.list('enc')], [3n, ['keys.json']]);
    if (!crashed) break;
  }
  // remove stale, create, write, fsync | rename | fsync of the directory
  t.deepEqual(seen, [1n, 1n, 1n, 1n, 1n, 2n, 2n]);
});

test('a failing step removes the temporary file and keeps the old sidecar', (t) => {
  for (const step of ['createExclusive', 'write', 'fsync', 'rename'] as const) {
    const files = new MemoryFiles();
    writeSidecar(files, PATH, sidecarWith(1n));
    files.failNext(step, 'ENOSPC');
    t.true(writeSidecar(files, PATH, sidecarWith(2n)) instanceof Failure, step);
    t.deepEqual([indexOnDisk(files), files.list('enc')], [1n, ['keys.json']], step);
  }
});

test('a directory that cannot be synced is an unsupported file system', (t) => {
  const files = new MemoryFiles();
  files.failNext('fsyncDir', 'EINVAL');
  t.is(writeSidecar(files, PATH, sidecarWith(1n))?.code, 'ErrUnsupportedFilesystem');
});

test('a stale temporary file of a crashed writer is no obstacle, a file that cannot be removed is', (t) => {
  const files = new MemoryFiles();
  files.put(`${PATH}.tmp`, Uint8Array.of(1));
  t.is(writeSidecar(files, PATH, sidecarWith(1n)), null);
  files.put(`${PATH}.tmp`, Uint8Array.of(1));
  files.failNext('remove', 'EACCES');
  t.regex(writeSidecar(files, PATH, sidecarWith(2n))?.text ?? '', /permission denied/);
});

test('an epoch is bumped on disk before it is given out, or not at all', (t) => {
  for (let calls = 0; calls < 7; calls++) {
    const files = new MemoryFiles();
    writeSidecar(files, PATH, sidecarWith(1n));
    t.throws(() => bumpLocalEpoch(powerLossAfter(files, calls), PATH, 7), { instanceOf: PowerLoss }, `${calls} calls`);
    const next = bumpLocalEpoch(files, PATH, 7);
    t.true(next === 2 || next === 3, 'a crash may waste an epoch, it never repeats one that was given out');
  }
});

test('what is written is read back, whatever the strings and numbers in it', (t) => {
  const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const key = fc.record({
    purpose: fc.constantFrom('storage', 'raft'),
    wrapped: fc.option(fc.uint8Array({ maxLength: 70 })),
    created: fc.string({ unit: 'binary' }),
    localEpoch: fc.integer({ min: 0, max: 0xffff }),
  });
  const ids = fc.integer({ min: 1, max: 0xffff_ffff }).map(String);
  fc.assert(
    fc.property(u64, u64, u64, fc.boolean(), fc.dictionary(ids, key), (a, b, c, active, dictionary) => {
      const sidecar: Sidecar = {
        ...emptySidecar(),
        raftAppliedIndex: a,
        storageEnvelopeActive: active,
        storageEnvelopeCutoverIndex: b,
        raftEnvelopeCutoverIndex: c,
        keys: new Map(Object.entries(dictionary)),
      };
      const files = new MemoryFiles();
      t.is(writeSidecar(files, PATH, sidecar), null);
      const read = readSidecar(files, PATH);
      t.false(read instanceof Failure);
      t.is(formatSidecar(read as Sidecar), formatSidecar(sidecar));
      // Go's text is JSON to anybody.
      t.notThrows(() => void JSON.parse(formatSidecar(sidecar)));
    }),
  );
});

/** Documents and whether Go's decoder fills the struct from them. */
const ACCEPTANCE: readonly (readonly [string, boolean])[] = [
  ['{"version":2}', true],
  [' \t\r\n{ "version" : 2 } \n', true],
  ['{"version":2,}', false],
  ['{"version":02}', false],
  ['{"version":2.0}', false],
  ['{"version":2e0}', false],
  ['{"version":null}', true],
  ['{"version":"2"}', false],
  ['{"raft_applied_index":-0}', false],
  ['{"raft_applied_index":18446744073709551615}', true],
  ['{"raft_applied_index":18446744073709551616}', false],
  ['{"version":9223372036854775807}', true],
  ['{"version":9223372036854775808}', false],
  ['{"\u017ftorage_envelope_active":true}', true],
  ['{"storage_envelope_active":1}', false],
  ['{"active":null,"keys":{"1":null}}', true],
  ['{"active":[]}', false],
  ['{"keys":[]}', false],
  ['{"keys":{"1":{"wrapped":"AA=="}}}', true],
  ['{"keys":{"1":{"wrapped":"AA"}}}', false],
  ['{"keys":{"1":{"wrapped":"A\\nA=="}}}', true],
  ['{"keys":{"1":{"wrapped":"_-AA"}}}', false],
  ['{"keys":{"1":{"wrapped":[0,255,null]}}}', true],
  ['{"keys":{"1":{"wrapped":[256]}}}', false],
  ['{"keys":{"1":{"created":"\u0001"}}}', false],
  ['{"keys":{"1":{"created":"\\ud800"}}}', true],
  ['{"keys":{"1":{"created":"\\x41"}}}', false],
  ['{"a":1 "b":2}', false],
  ['[]', false],
  ['nul', false],
  ['\ufeff{"version":2}', false],
];

test('the sidecar reader accepts exactly what Go accepts', (t) => {
  for (const [document, accepted] of ACCEPTANCE) t.is(typeof parseSidecar(document) !== 'string', accepted, document);
});

test('members given twice are filled in order, as Go does', (t) => {
  const sidecar = parseSidecar('{"active":{"storage":1,"raft":2},"ACTIVE":{"raft":3},"version":1,"version":2}');
  t.like(sidecar, { version: 2n, active: { storage: 1, raft: 3 } });
});

test('nesting far beyond the limit is refused, not a stack overflow', (t) => {
  t.is(typeof parseSidecar(`{"x":${'['.repeat(9_999)}${']'.repeat(9_999)}}`), 'object');
  t.is(parseSidecar(`{"x":${'['.repeat(100_000)}`), 'exceeded max depth');
});

test('a KEK file is judged by type, then mode, then length, and read no further than 33 bytes', (t) => {
  const files = new MemoryFiles();
  files.put('kek', new Uint8Array(32), 0o644, 'fifo');
  t.regex((loadKek(files, 'kek') as Failure).text, /not a regular file \(mode=prw-r--r--\)/);
  files.put('kek', new Uint8Array(31), 0o644);
  t.is((loadKek(files, 'kek') as Failure).code, 'ErrInsecureKEKFile');
  files.put('kek', new Uint8Array(4096), 0o600);
  const limits: (number | undefined)[] = [];
  const spy = observed(files, (limit) => limits.push(limit));
  t.regex((loadKek(spy, 'kek') as Failure).text, /is 33 bytes/);
  t.deepEqual(limits, [33]);
});

/** The same files, telling how much each read asks for. */
function observed(files: MemoryFiles, onRead: (limitBytes: number | undefined) => void): Files {
  return new Proxy<Files>(files, {
    get(target, name) {
      if (name !== 'read') return (Reflect.get(target, name) as () => void).bind(target);
      return (path: string, limitBytes?: number) => {
        onRead(limitBytes);
        return target.read(path, limitBytes);
      };
    },
  });
}

test('nonces never repeat within a load, and a counter that wraps is exhausted for good', (t) => {
  const factory = new NonceFactory(0xabcd, 0x0102);
  const seen = new Set<string>();
  for (let i = 0; i < 1_000; i++) seen.add((factory.next() as Uint8Array).join());
  t.is(seen.size, 1_000);
  factory.skipTo(0xffff_ffffn);
  t.deepEqual([...(factory.next() as Uint8Array)], [0xab, 0xcd, 1, 2, 0, 0, 0, 1, 0, 0, 0, 0]);
  factory.skipTo((1n << 64n) - 2n);
  t.deepEqual([...(factory.next() as Uint8Array)].slice(4), [255, 255, 255, 255, 255, 255, 255, 255]);
  for (let i = 0; i < 3; i++) t.is((factory.next() as Failure).code, 'ErrWriteCountExhausted');
});

test('two identities that narrow alike are refused, one identity twice is not', (t) => {
  const a = '3213229080662662734' as FullNodeId;
  const b = '3853642926881201742' as FullNodeId;
  t.is(nodeId16(a), nodeId16(b));
  t.is(checkNodeIdCollision([a, NODE, a]), null);
  t.is(checkNodeIdCollision([b]), null);
  t.regex(checkNodeIdCollision([NODE, a, b])?.text ?? '', /^full_node_id=0x2c97\w+ and full_node_id=0x357a\w+ both/);
});

test('an error of the file system is not taken for the end of the world: crashes pass, FileErrors become failures', (t) => {
  const files = new MemoryFiles();
  files.failNext('read', 'EIO');
  t.is((readSidecar(files, PATH) as Failure).code, '');
  t.is((readSidecar(files, PATH) as Failure).code, 'NotExist');
  t.throws(() => readSidecar(powerLossAfter(files, 0), PATH), { instanceOf: PowerLoss });
  t.is(new FileError('ENOENT', 'open', 'x').message, 'open x: no such file or directory');
});

test('names in refusals are quoted as Go quotes them', (t) => {
  t.is(goQuote('n1/keys.json'), '"n1/keys.json"');
  t.is(goQuote('a"b\\c\n\t\v\u0007\u0001\u007f'), '"a\\"b\\\\c\\n\\t\\v\\a\\x01\\x7f"');
  t.is(goQuote('é§日🙂'), '"é§日🙂"', 'what can be printed stays');
  t.is(goQuote('\u00a0\u200b\u{e0001}'), '"\\u00a0\\u200b\\U000e0001"');
});
