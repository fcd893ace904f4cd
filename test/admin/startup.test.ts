// The start of a process: which guard speaks first, what is durable when a later one refuses, and the flows that make a
// process a writer before it serves.
import test from 'ava';
import { Code, StatusError } from '../../src/base/errors.ts';
import type { FullNodeId } from '../../src/base/ids.ts';
import { done } from '../../src/base/task.ts';
import type { Task } from '../../src/base/task.ts';
import { discoverWriters, parseWriters } from '../../src/admin/discovery.ts';
import { GuardRefusal } from '../../src/admin/guard-refusals.ts';
import type { RotateDEKRequest } from '../../src/admin/messages.ts';
import { deriveNodeId } from '../../src/admin/node-id.ts';
import { EngineError } from '../../src/admin/ports.ts';
import type { LeaderView, RegistryReader } from '../../src/admin/ports.ts';
import { register, registerJoiner, registrationIntent, watchRegistration } from '../../src/admin/registration.ts';
import type { EnvelopeState, RegistrationPath } from '../../src/admin/registration.ts';
import { StartupRotation } from '../../src/admin/rotate-on-startup.ts';
import { sidecarFile } from '../../src/admin/sidecar-file.ts';
import { stageOf } from '../../src/admin/stages.ts';
import { startAfterReplay, startBeforeOpen } from '../../src/admin/startup-sequence.ts';
import type { DiskView, StartInput } from '../../src/admin/startup-sequence.ts';
import { spawn } from '../../src/admin/waiting.ts';
import { VirtualContext, VirtualTime } from '../../src/conform/elastickv/virtual-time.ts';
import { Keystore } from '../../src/fsm/encryption/keystore.ts';
import { MemoryFiles } from '../../src/fsm/encryption/memory-files.ts';
import { nodeId16 } from '../../src/fsm/encryption/node-id16.ts';
import { encodeRegistryRow } from '../../src/fsm/encryption/registry.ts';
import { emptySidecar, formatSidecar } from '../../src/fsm/encryption/sidecar-format.ts';
import type { Sidecar } from '../../src/fsm/encryption/sidecar-format.ts';
import { Failure } from '../../src/fsm/failure.ts';

const ME = deriveNodeId('n1');
const PATH = '/enc/keys.json';
const PAD = {
  unwrap: (wrapped: Uint8Array) => (wrapped.length === 1 ? new Failure('', 'unwrap failed') : new Uint8Array(32)),
};
const NO_ROWS: RegistryReader = { row: () => null };

function sidecar(more: Partial<Sidecar> = {}): Sidecar {
  const key = { wrapped: Uint8Array.of(1, 2), created: '', localEpoch: 3 };
  const keys = new Map([
    ['1', { ...key, purpose: 'storage' }],
    ['2', { ...key, purpose: 'raft' }],
  ]);
  return { ...emptySidecar(), raftAppliedIndex: 5n, active: { storage: 1, raft: 2 }, keys, ...more };
}

function disk(file: Sidecar | null): MemoryFiles {
  const files = new MemoryFiles();
  if (file !== null) files.put(PATH, new TextEncoder().encode(formatSidecar(file)));
  return files;
}

function rows(...written: readonly { dek: number; id: FullNodeId; epoch: number; at?: FullNodeId }[]): RegistryReader {
  return {
    row(dek, node16) {
      const found = written.find((r) => r.dek === dek && nodeId16(r.at ?? r.id) === node16);
      if (found === undefined) return null;
      return encodeRegistryRow({ fullNodeId: found.id, firstSeenLocalEpoch: 0, lastSeenLocalEpoch: found.epoch });
    },
  };
}

function input(files: MemoryFiles, more: Partial<StartInput> = {}, stage = 'HEAD'): StartInput {
  const build = stageOf(stage);
  if (build === null) throw new TypeError(stage);
  return {
    encryptionEnabled: true,
    kekFile: '/kek',
    sidecarPath: PATH,
    files,
    fullNodeId: ME,
    defaultGroup: 1,
    groupCount: 1,
    keystore: new Keystore(),
    build,
    unwrapper: PAD,
    ...more,
  };
}

function onDisk(more: Partial<DiskView> = {}): DiskView {
  return { snapshotCutover: () => 0n, members: () => [ME], registry: () => NO_ROWS, ...more };
}

function refusal(outcome: unknown): string {
  return outcome instanceof GuardRefusal ? `${outcome.code} ${outcome.text.slice(0, 160)}` : `no refusal`;
}

test('each guard speaks before the ones behind it', (t) => {
  const neighbour = (BigInt(ME) ^ 0x10000n).toString() as FullNodeId;
  const broken = {
    snapshotCutover: () => 9n,
    members: () => [ME, neighbour],
    registry: () => rows({ dek: 1, id: ME, epoch: 8 }),
  };
  const epochSpent = sidecar();
  for (const key of epochSpent.keys?.values() ?? []) key.localEpoch = 0xffff;
  const steps: readonly [string, unknown][] = [
    ['ErrEnvelopeCutoverDivergence', startBeforeOpen(input(disk(epochSpent)), onDisk(broken))],
    [
      'ErrSidecarPresentWithoutFlag',
      startBeforeOpen(input(disk(sidecar()), { encryptionEnabled: false }), onDisk(broken)),
    ],
    ['ErrKEKRequiredWithFlag', startBeforeOpen(input(disk(sidecar()), { kekFile: null }), onDisk())],
    ['ErrLocalEpochExhausted', startBeforeOpen(input(disk(epochSpent)), onDisk())],
    ['ErrNodeIDCollision', startBeforeOpen(input(disk(sidecar())), onDisk({ ...broken, snapshotCutover: () => 0n }))],
    ['ErrLocalEpochRollback', startBeforeOpen(input(disk(sidecar())), onDisk({ registry: broken.registry }))],
  ];
  for (const [code, outcome] of steps) t.regex(refusal(outcome), new RegExp(`^${code} `));
});

test('flag guards carry the words of the process around them', (t) => {
  const outcome = startBeforeOpen(input(disk(null), { kekFile: null }), onDisk());
  t.regex(refusal(outcome), /^ErrKEKRequiredWithFlag encryption startup guards refused process start: encr/);
});

test('a missing KEK file refuses before the sidecar is looked at', (t) => {
  const bad = disk(null);
  bad.put(PATH, new TextEncoder().encode('{'));
  const { unwrapper: _, ...withFile } = input(bad);
  t.regex(refusal(startBeforeOpen(withFile, onDisk())), /^ encryption startup guard: read sidecar/);
  const older = { ...withFile, build: { ...withFile.build, guards: [2, 3] } };
  t.regex(refusal(startBeforeOpen(older, onDisk())), /^NotExist failed to load KEK from \/kek: kek: open/);
});

test('an epoch is spent on disk before the log is replayed, and stays spent when a later guard refuses', (t) => {
  const files = disk(sidecar());
  const first = input(files);
  const plan = startBeforeOpen(first, onDisk());
  if (plan instanceof GuardRefusal) return t.fail(plan.text);
  t.deepEqual([plan.storageEpoch, plan.raftEpoch, plan.cipherWired], [4, 0, true]);
  t.deepEqual(first.keystore.ids(), [1, 2]);
  const replayed = { registry: rows({ dek: 1, id: ME, epoch: 4 }), appliedIndex: 5n, scan: null, restoredCutover: 0n };
  t.regex(
    refusal(startAfterReplay(first, plan, replayed)),
    /^ErrLocalEpochRollback encryption startup guard: local_epoch/,
  );
  const again = startBeforeOpen(input(files), onDisk());
  t.is(again instanceof GuardRefusal ? 0 : again.storageEpoch, 5);
});

test('with the raft cutover active the raft epoch is spent too, and only one group may be there', (t) => {
  const active = sidecar({ raftEnvelopeCutoverIndex: 5n });
  const plan = startBeforeOpen(input(disk(active)), onDisk());
  t.deepEqual(plan instanceof GuardRefusal ? plan.text : [plan.raftEpoch, plan.raftCutoverIndex], [4, 5n]);
  const files = disk(active);
  t.regex(refusal(startBeforeOpen(input(files, { groupCount: 2 }), onDisk())), /requires exactly one/);
  t.is(sidecarEpoch(files), 3);
});

function sidecarEpoch(files: MemoryFiles): number | undefined {
  const read = sidecarFile(files, PATH).read();
  return read instanceof Failure ? undefined : read.keys[0]?.localEpoch;
}

test('an older build starts where a newer one refuses, and spends nothing', (t) => {
  const files = disk(sidecar({ raftEnvelopeCutoverIndex: 5n }));
  const plan = startBeforeOpen(input(files, {}, '6C-2'), onDisk({ snapshotCutover: () => 9n }));
  t.false(plan instanceof GuardRefusal);
  t.is(sidecarEpoch(files), 3);
  t.regex(refusal(startBeforeOpen(input(files, {}, '6E-2d'), onDisk())), /^ encryption: active raft envelope/);
});

test('the sidecar gap is judged by what the log still holds', (t) => {
  const files = disk(sidecar());
  const start = input(files);
  const plan = startBeforeOpen(start, onDisk());
  if (plan instanceof GuardRefusal) return t.fail(plan.text);
  const after = (scan: () => boolean | Failure): string =>
    refusal(startAfterReplay(start, plan, { registry: NO_ROWS, appliedIndex: 9n, scan, restoredCutover: 0n }));
  t.is(
    after(() => false),
    'no refusal',
  );
  t.regex(
    after(() => true),
    /^ErrSidecarBehindRaftLog encryption startup guard: sidecar="\/enc\/keys.json" default/,
  );
  t.regex(
    after(() => new Failure('', 'compacted')),
    /^ encryption startup guard/,
  );
});

test('a row of another node in this slot refuses, before and after the bump', (t) => {
  const other = (BigInt(ME) ^ 0x10000n).toString() as FullNodeId;
  const foreign = rows({ dek: 1, id: other, epoch: 0 });
  const files = disk(sidecar());
  t.regex(refusal(startBeforeOpen(input(files), onDisk({ registry: () => foreign }))), /^ErrLocalEpochRollback /);
  const start = input(files);
  const plan = startBeforeOpen(start, onDisk());
  if (plan instanceof GuardRefusal) return t.fail(plan.text);
  const replayed = { registry: foreign, appliedIndex: 5n, scan: null, restoredCutover: 0n };
  t.regex(refusal(startAfterReplay(start, plan, replayed)), /^ErrLocalEpochRollback /);
});

class Cache implements EnvelopeState {
  activeStorageDekId = 1;
  storageEnvelopeActive = true;
  marked = 0;
  get registered(): boolean {
    return this.marked === this.activeStorageDekId;
  }
  markRegistered(dekId: number): void {
    this.marked = dekId;
  }
}

test('a start proposes its row, finds it current, or may not go on', (t) => {
  const me = { dekId: 1, fullNodeId: ME, localEpoch: 4 };
  const cache = new Cache();
  t.is(registrationIntent(rows({ dek: 1, id: ME, epoch: 3 }), cache, me), 'propose');
  t.is(cache.marked, 0);
  t.is(registrationIntent(rows({ dek: 1, id: ME, epoch: 4 }), cache, me), 'current');
  t.is(cache.marked, 1);
  t.true(registrationIntent(rows({ dek: 1, id: ME, epoch: 5 }), cache, me) instanceof Failure);
  cache.storageEnvelopeActive = false;
  t.is(registrationIntent(NO_ROWS, cache, me), 'none');
});

/** A registry that a proposal reaches after some attempts. */
class Path implements RegistrationPath {
  readonly clock = new VirtualTime();
  readonly proposed: string[] = [];
  committed: RegistryReader = NO_ROWS;
  failures = 0;
  leader = true;
  address = '';
  readonly registry: RegistryReader = { row: (dek, node) => this.committed.row(dek, node) };
  isLeader(): boolean {
    return this.leader;
  }
  leaderAddress(): string {
    return this.address;
  }
  propose(entry: Uint8Array): Task<unknown> {
    this.proposed.push(Buffer.from(entry).toString('hex'));
    return this.failures-- > 0 ? fails(new EngineError('leadershipLost')) : done(null);
  }
  forward(address: string): Task<unknown> {
    this.proposed.push(address);
    return hangs();
  }
}

function* fails(error: Error): Task<never> {
  throw error;
}

function* hangs(): Task<never> {
  for (;;) yield () => undefined;
}

test('a registration is tried again, ever more slowly, until it is committed', (t) => {
  const path = new Path();
  path.failures = 3;
  const ok = path.clock.run(
    register(path, { dekId: 1, fullNodeId: ME, localEpoch: 4 }, new VirtualContext(path.clock, 60_000)),
  );
  t.true(ok);
  t.is(path.proposed.length, 4);
  t.is(path.clock.nowMs(), 100 + 200 + 400);
});

test('an attempt that hangs at a stale leader ends by itself, and one that committed is noticed', (t) => {
  const path = new Path();
  path.leader = false;
  path.address = 'n9:1';
  path.clock.after(6000, () => (path.committed = rows({ dek: 1, id: ME, epoch: 4 })));
  const me = { dekId: 1, fullNodeId: ME, localEpoch: 4 };
  t.true(path.clock.run(register(path, me, new VirtualContext(path.clock, 60_000))));
  t.deepEqual(path.proposed, ['n9:1', 'n9:1']);
  const ahead = new Path();
  ahead.committed = rows({ dek: 1, id: ME, epoch: 9 });
  ahead.failures = 99;
  t.false(ahead.clock.run(register(ahead, me, new VirtualContext(ahead.clock, 1000))));
});

test('the watcher registers under a key that became active while the process ran', (t) => {
  const path = new Path();
  const cache = new Cache();
  cache.activeStorageDekId = 0;
  const context = new VirtualContext(path.clock, 10_000);
  path.clock.after(2500, () => (cache.activeStorageDekId = 7));
  path.clock.run(watchRegistration(path, cache, { fullNodeId: ME, localEpoch: 4 }, context));
  t.is(cache.marked, 7);
  t.is(path.proposed.length, 1);
});

test('a joiner is registered under every active key before it joins, and a collision stops the change', (t) => {
  const path = new Path();
  const context = new VirtualContext(path.clock, 60_000);
  const joiner = deriveNodeId('n4');
  path.committed = rows({ dek: 1, id: joiner, epoch: 6 });
  t.is(path.clock.run(registerJoiner(path, 'n4', [1, 2, 0], context)), null);
  t.is(path.proposed.length, 1);
  const other = (BigInt(joiner) ^ 0x10000n).toString() as FullNodeId;
  path.committed = rows({ dek: 1, id: other, epoch: 0 });
  t.regex(
    path.clock.run(registerJoiner(path, 'n4', [1], context)) ?? '',
    /uint16 collision; choose a different raftID/,
  );
});

interface Rotated {
  readonly rotation: StartupRotation;
  readonly requests: RotateDEKRequest[];
  readonly time: VirtualTime;
}

function rotation(files: MemoryFiles, role: () => 'leader' | 'follower', answers: (StatusError | null)[]): Rotated {
  const requests: RotateDEKRequest[] = [];
  const time = new VirtualTime();
  const leaderView: LeaderView = {
    state: role,
    leader: () => ({ id: '', address: '' }),
    verifyLeader: () => done(undefined),
    linearizableRead: () => done(1),
  };
  const ports = {
    admin: {
      RotateDEK: (request: RotateDEKRequest) => {
        requests.push(request);
        const refused = answers.shift() ?? null;
        return refused === null ? done({ applied_index: '1' }) : fails(refused);
      },
    },
    leaderView,
    sidecar: sidecarFile(files, PATH),
    fullNodeId: ME,
    storageEpoch: 4,
    raftEpoch: 6,
    clock: time,
    wrapFreshDek: () => new Uint8Array(60),
    installRotatedRaftDek: () => null,
  };
  return { rotation: new StartupRotation(ports), requests, time };
}

test('a rotation on start rotates storage, then raft, each once, and retries what may pass', (t) => {
  const {
    rotation: r,
    requests,
    time,
  } = rotation(disk(sidecar()), () => 'leader', [null, new StatusError(Code.Unavailable, 'later')]);
  t.true(r.blocksMutators());
  time.run(r.fire(new VirtualContext(time, 60_000)));
  t.deepEqual(
    requests.map((q) => [q.purpose, q.new_dek_id, q.proposer_local_epoch]),
    [
      ['PURPOSE_STORAGE', 3, 4],
      ['PURPOSE_RAFT', 4, 6],
      ['PURPOSE_RAFT', 3, 6],
    ],
  );
  t.is(time.nowMs(), 200);
  t.true(r.done);
  t.false(r.blocksMutators());
});

test('a follower keeps the request, and a final error keeps mutators out', (t) => {
  let role: 'leader' | 'follower' = 'follower';
  const kept = rotation(disk(sidecar()), () => role, [new StatusError(Code.InvalidArgument, 'bad')]);
  const context = new VirtualContext(kept.time, 60_000);
  kept.time.run(kept.rotation.fire(context));
  t.is(kept.requests.length, 0);
  t.false(kept.rotation.blocksMutators());
  role = 'leader';
  kept.time.run(kept.rotation.fire(context));
  t.is(kept.rotation.failed, 'encryption rotate-on-startup: permanent failure: bad');
  role = 'follower';
  t.true(kept.rotation.blocksMutators());
});

test('without a sidecar there is nothing to rotate', (t) => {
  const { rotation: r, requests, time } = rotation(disk(null), () => 'leader', []);
  time.run(r.fire(new VirtualContext(time, 1000)));
  t.true(r.done);
  t.is(requests.length, 0);
});

test('discovery builds a batch from reports, or says whose report it cannot use', (t) => {
  const report = { encryption_capable: true, build_sha: '', sidecar_present: false, full_node_id: ME, local_epoch: 0 };
  const twice = [
    { address: 'n1:1', report },
    { address: 'n1:2', report },
  ];
  t.deepEqual(discoverWriters(twice, true), [{ full_node_id: ME, local_epoch: 0 }]);
  t.is((discoverWriters(twice, false) as unknown[]).length, 2);
  const refused = (more: object): unknown =>
    discoverWriters([{ address: 'n1:1', report: { ...report, ...more } }], true);
  t.deepEqual(refused({ encryption_capable: false }), { refused: 'n1:1: member is not encryption-capable' });
  t.deepEqual(refused({ full_node_id: '0' }), { refused: 'n1:1: member reports full_node_id 0' });
  t.deepEqual(refused({ local_epoch: 65_536 }), { refused: 'n1:1: member reports local_epoch 65536 above 0xFFFF' });
  t.deepEqual(parseWriters(['7:2', '8']), [
    { full_node_id: '7', local_epoch: 2 },
    { full_node_id: '8', local_epoch: 0 },
  ]);
  t.deepEqual(parseWriters(['n1:2']), { refused: 'bad writer "n1:2": want id:epoch' });
});

test('a task abandoned by its process runs its clean-up and nothing else', (t) => {
  const seen: string[] = [];
  const cancel = spawn(
    (function* (): Task<void> {
      try {
        yield (resume) => void (seen.push('waits'), resume);
        seen.push('went on');
      } finally {
        seen.push('cleaned');
      }
    })(),
    () => seen.push('finished'),
  );
  cancel();
  t.deepEqual(seen, ['waits', 'cleaned']);
});
