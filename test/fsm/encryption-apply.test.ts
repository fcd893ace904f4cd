// Applying encrypted and encryption entries where the recorded vectors do not reach: replays over crashes, one cache for
// all groups of a process, what a snapshot carries, and the engine's side of unwrapping.
import test from 'ava';
import {
  Cipher,
  MemoryFiles,
  NonceFactory,
  WrapRuntime,
  raftCutoverScope,
  readSidecar,
} from '../../src/fsm/encryption/index.ts';
import type { RawStore, Sidecar } from '../../src/fsm/encryption/index.ts';
import { DISPATCH, Hlc, KvFsm, KvStore, engineError, isHalt, leasePayload, plain } from '../../src/fsm/index.ts';
import type { Halt, Failure } from '../../src/fsm/index.ts';
import { EntryType, entry } from '../../src/raft/types.ts';
import {
  NODE,
  PATH,
  apply,
  bootstrapPayload,
  loopOver,
  normal,
  powerLossAfter,
  raftCutover,
  sealed,
  start,
  storageCutover,
  stored,
  write,
} from './_node.ts';

test('a cutover entry replays over a crash at any point of its application', (t) => {
  for (const payload of [storageCutover, raftCutover]) {
    for (let calls = 0; ; calls++) {
      const disk = new MemoryFiles();
      const store = new KvStore();
      t.is(apply(start(disk, store), 5, bootstrapPayload).kind, 'applied');
      let crashed = false;
      try {
        apply(start(powerLossAfter(disk, calls + 1), store), 6, payload);
      } catch {
        crashed = true;
      }
      const replayed = start(disk, store);
      t.is(apply(replayed, 6, payload).kind, 'applied', `after ${calls} calls`);
      const sidecar = readSidecar(disk, PATH) as Sidecar;
      const cut = payload === storageCutover ? sidecar.storageEnvelopeCutoverIndex : sidecar.raftEnvelopeCutoverIndex;
      t.is(cut, 6n);
      t.is(store.rawRows().length, 2);
      if (!crashed) break;
    }
  }
});

test('a cutover applied in one group seals the writes of every group of the process', (t) => {
  const files = new MemoryFiles();
  const one = start(files);
  const two = start(files, new KvStore(), { cache: one.cache, keystore: one.keystore });
  apply(one, 5, bootstrapPayload);
  apply(two, 6, write(10, 'k', 'before'));
  t.deepEqual(stored(two, 'k'), { encrypted: false, value: 'before' });
  apply(one, 7, storageCutover);
  apply(two, 8, write(20, 'k', 'after'));
  t.deepEqual(stored(two, 'k'), { encrypted: true, value: 'after' });
});

test('a cache per group leaves the other groups writing cleartext after the cutover', (t) => {
  const files = new MemoryFiles();
  const one = start(files);
  const two = start(files, new KvStore(), { keystore: one.keystore });
  apply(one, 5, bootstrapPayload);
  apply(one, 7, storageCutover);
  apply(two, 8, write(20, 'k', 'after'));
  t.deepEqual(stored(two, 'k'), { encrypted: false, value: 'after' });
});

test('replicas seal with their own nonces and still agree on their state', (t) => {
  const nodes = [start(new MemoryFiles()), start(new MemoryFiles())];
  nodes[1]!.store.reopen({ ...nodes[1]!.gates, nonces: new NonceFactory(77, 5) });
  for (const node of nodes) {
    apply(node, 5, bootstrapPayload);
    apply(node, 6, storageCutover);
    apply(node, 7, write(10, 'k', 'v'));
  }
  t.is(nodes[0]!.fsm.digest(), nodes[1]!.fsm.digest());
  t.notDeepEqual(nodes[0]!.store.snapshotBody(), nodes[1]!.store.snapshotBody());
  t.deepEqual(
    nodes.map((node) => stored(node, 'k')),
    Array(2).fill({ encrypted: true, value: 'v' }),
  );
});

test('a snapshot carries ciphertext and rows but no key: a node without the sidecar restores what it cannot read', (t) => {
  const source = start(new MemoryFiles());
  for (const [i, payload] of [bootstrapPayload, storageCutover, write(10, 'k', 'v')].entries())
    apply(source, 5 + i, payload);
  const target = start(new MemoryFiles());
  t.is(target.fsm.restore(source.fsm.snapshot(7), 7), null);
  t.is(target.fsm.digest(), source.fsm.digest());
  const read = target.store.read(new TextEncoder().encode('k'));
  t.like(read, { kind: 'failed', failure: { code: 'ErrUnknownKeyID' } });
  t.is(target.store.rawRows().length, 2);
});

test('a write that cannot be sealed is a plain error on this replica alone', (t) => {
  const node = start(new MemoryFiles());
  apply(node, 5, bootstrapPayload);
  apply(node, 6, storageCutover);
  const spent = new NonceFactory(1, 1);
  spent.skipTo((1n << 64n) - 1n);
  node.store.reopen({ ...node.gates, nonces: spent });
  const outcome = apply(node, 7, write(10, 'k', 'v'));
  t.regex(isHalt(outcome) ? '' : (outcome.error ?? ''), /^store: nonce factory: .*write_count/);
  t.is(stored(node, 'k').value, 'absent');
});

test('a registry that fails in the middle of a bootstrap leaves it bootstrapped, and the replay ends it', (t) => {
  const files = new MemoryFiles();
  const store = new KvStore();
  const broken: RawStore = { get: (k) => store.get(k), set: () => plain('disk gone') };
  const halted = apply(start(files, store, { registry: broken }), 5, bootstrapPayload);
  t.true(isHalt(halted));
  t.is((readSidecar(files, PATH) as Sidecar).active.storage, 1);
  t.is(apply(start(files, store), 5, bootstrapPayload).kind, 'applied');
  t.is(store.rawRows().length, 2);
});

test('entries are unwrapped strictly above the cutover, and clear ones there stop the loop for good', (t) => {
  const node = start(new MemoryFiles());
  const loop = loopOver(node, 6);
  loop.apply(normal(5, bootstrapPayload));
  t.is(loop.apply(normal(6, raftCutover)).kind, 'applied', 'the marker itself is clear');
  t.is(loop.apply(normal(7, sealed(node, write(10, 'k', 'v')))).kind, 'applied');
  t.is(stored(node, 'k').value, 'v');
  t.is(loop.apply(entry(1, 8, EntryType.Normal, new Uint8Array(0))).kind, 'applied', 'a no-op is never unwrapped');
  const halted = loop.apply(normal(9, write(20, 'k', 'clear'))) as Halt;
  t.like(halted, { kind: 'halt', index: 9, code: 'ErrRaftUnwrapFailed' });
  t.regex(engineError(halted), /^raftengine\/etcd: raft envelope unwrap: encryption: raft envelope decode/);
  t.is(loop.apply(normal(10, sealed(node, write(30, 'k', 'w')))), halted, 'the same halt for everything behind it');
  t.deepEqual([loop.applied, stored(node, 'k').value], [8, 'v']);
});

test('a wrapped entry below an inactive cutover is skipped in silence: the hole a snapshot install leaves', (t) => {
  const node = start(new MemoryFiles());
  apply(node, 5, bootstrapPayload);
  const loop = loopOver(node, 0, 5);
  const outcome = loop.apply(normal(6, sealed(node, write(10, 'k', 'v'))));
  t.regex(isHalt(outcome) ? '' : (outcome.error ?? ''), /^proto: /);
  t.is(loop.applied, 6);
});

test('duplicates of a cold start run again only if they are leases, are unwrapped all the same, and move nothing', (t) => {
  const node = start(new MemoryFiles());
  apply(node, 2, bootstrapPayload);
  const loop = loopOver(node, 2, 9);
  t.is(loop.apply(normal(7, sealed(node, write(10, 'k', 'v')))).kind, 'applied');
  t.is(stored(node, 'k').value, 'absent');
  t.true(loop.duplicate);
  loop.apply(normal(8, sealed(node, leasePayload(77))));
  t.true(node.fsm.snapshot(9).includes(77), 'the lease reached the clock');
  t.true(isHalt(loop.apply(normal(9, leasePayload(78)))), 'a clear duplicate above the cutover halts too');
  t.is(loop.applied, 9);
});

test('data without a proposal header is a no-op that advances', (t) => {
  const node = start(new MemoryFiles());
  const loop = loopOver(node, 0);
  for (const [i, data] of [new Uint8Array(0), Uint8Array.of(3), new Uint8Array(20)].entries()) {
    t.is(loop.apply(entry(1, i + 1, EntryType.Normal, data)).kind, 'applied');
  }
  t.is(loop.applied, 3);
  loop.advanceTo(9);
  loop.advanceTo(4);
  t.is(loop.applied, 9);
});

test('behind the cutover a process wraps nothing but its own registration until that is committed, for each DEK anew', (t) => {
  const node = start(new MemoryFiles());
  apply(node, 5, bootstrapPayload);
  node.keystore.set(3, new Uint8Array(32).fill(4));
  const nonces = new NonceFactory(1, 7);
  const runtime = new WrapRuntime({ cipher: new Cipher(node.keystore), nonces, fullNodeId: NODE, raftEpoch: 7 });
  const payload = write(10, 'k', 'v');
  t.is(runtime.wrap(payload), payload, 'before the cutover');
  for (const dekId of [2, 3]) {
    runtime.publish(6, dekId);
    t.is((runtime.wrap(payload) as Failure).code, 'ErrWriterNotRegistered');
    const own = runtime.wrap(runtime.ownRegistration());
    t.deepEqual(runtime.unwrap(own as Uint8Array), runtime.ownRegistration());
    runtime.markRegistered(dekId);
    t.deepEqual(runtime.unwrap(runtime.wrap(payload) as Uint8Array), payload);
  }
  nonces.skipTo((1n << 64n) - 1n);
  t.regex((runtime.wrap(payload) as Failure).text, /^raft envelope runtime: next nonce: /);
});

test('the raft cutover is for one group', (t) => {
  t.is(raftCutoverScope(1), null);
  t.regex(raftCutoverScope(2) ?? '', /exactly one shard group .*\(got 2\)$/);
});

test('a snapshot carries the durable mark as it stood, and a founding one has none', (t) => {
  const node = start(new MemoryFiles());
  const founding = node.fsm.snapshot(0);
  t.is(node.store.durableAppliedIndex, 0);
  apply(node, 2, write(10, 'k', 'a'));
  apply(node, 3, leasePayload(5_000));
  const later = node.fsm.snapshot(3);
  t.is(node.store.durableAppliedIndex, 3);
  const other = start(new MemoryFiles());
  t.is(other.fsm.restore(later, 3), null);
  t.deepEqual(
    [other.store.durableAppliedIndex, stored(other, 'k').value],
    [2, 'a'],
    'the newest write, not the snapshot',
  );
  t.is(other.fsm.restore(founding, 1), null);
  t.deepEqual([other.store.durableAppliedIndex, other.store.keyCount], [0, 0]);
});

test('a binary from before the durable mark neither moves it nor believes it', (t) => {
  const node = start(new MemoryFiles());
  apply(node, 2, write(10, 'k', 'a'));
  node.store.reopen(node.gates, false);
  apply(node, 3, write(20, 'k', 'b'));
  node.fsm.snapshot(3);
  t.is(node.store.durableAppliedIndex, 2);
  const options = { store: node.store, hlc: new Hlc(), dispatch: DISPATCH.closed, applier: null, cutoverSource: null };
  t.is(new KvFsm({ ...options, trustsMark: false }).durableAppliedIndex(), 0);
  t.is(new KvFsm(options).durableAppliedIndex(), 2);
});
