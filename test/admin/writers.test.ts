// The flows that make a process a writer: its own registration, a joiner's, the rotation asked for with a flag, and how an
// operator's command finds whom to register.
import test from 'ava';
import { Code, StatusError } from '../../src/base/errors.ts';
import { done } from '../../src/base/task.ts';
import type { Task } from '../../src/base/task.ts';
import { discoverWriters, parseWriters } from '../../src/admin/discovery.ts';
import type { RotateDEKRequest } from '../../src/admin/messages.ts';
import { deriveNodeId } from '../../src/admin/node-id.ts';
import { EngineError } from '../../src/admin/ports.ts';
import type { LeaderView, RegistryReader } from '../../src/admin/ports.ts';
import { register, registerJoiner, registrationIntent, watchRegistration } from '../../src/admin/registration.ts';
import type { EnvelopeState, RegistrationPath } from '../../src/admin/registration.ts';
import { StartupRotation } from '../../src/admin/rotate-on-startup.ts';
import { sidecarFile } from '../../src/admin/sidecar-file.ts';
import { spawn } from '../../src/admin/waiting.ts';
import { VirtualContext, VirtualTime } from '../../src/conform/elastickv/virtual-time.ts';
import type { MemoryFiles } from '../../src/fsm/encryption/memory-files.ts';
import { Failure } from '../../src/fsm/failure.ts';
import { ME, NO_ROWS, PATH, disk, fails, hangs, neighbour, rows, sidecar } from './fixtures.ts';

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
  path.committed = rows({ dek: 1, id: neighbour(joiner), epoch: 0 });
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
