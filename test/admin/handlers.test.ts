// Behaviours of the admin handlers that no recording of a single call can show: waiting, giving up, two callers at once.
import test from 'ava';
import fc from 'fast-check';
import { Code, StatusError } from '../../src/base/errors.ts';
import { done } from '../../src/base/task.ts';
import type { Task } from '../../src/base/task.ts';
import { fanOut, fanoutGroup, goDuration } from '../../src/admin/capability.ts';
import { encryptionAdmin } from '../../src/admin/encryption-admin.ts';
import { deriveNodeId, deriveNodeIdOfBytes } from '../../src/admin/node-id.ts';
import { BACKGROUND, EngineError } from '../../src/admin/ports.ts';
import type { CutoverBarrier, LeaderView, Proposer } from '../../src/admin/ports.ts';
import { bindEncryptionAdmin, onTheWire } from '../../src/admin/service.ts';
import { sidecarFile } from '../../src/admin/sidecar-file.ts';
import { Semaphore, once, orEnd, spawn, withTimeout } from '../../src/admin/waiting.ts';
import { bareWiring, validateWiring } from '../../src/admin/wiring.ts';
import type { Wiring } from '../../src/admin/wiring.ts';
import { VirtualContext, VirtualTime } from '../../src/conform/elastickv/virtual-time.ts';
import { MemoryFiles } from '../../src/fsm/encryption/memory-files.ts';
import { emptySidecar, formatSidecar } from '../../src/fsm/encryption/sidecar-format.ts';

const ME = deriveNodeId('n1');
const PATH = '/enc/keys.json';
const LEADER: LeaderView = {
  state: () => 'leader',
  leader: () => ({ id: 'n1', address: 'n1:1' }),
  verifyLeader: () => done(undefined),
  linearizableRead: () => done(7),
};
const REGISTER = { dek_id: 5, writers: [{ full_node_id: ME, local_epoch: 0 }] };
const ENABLE = { proposer_node_id: ME, proposer_local_epoch: 0 };

/** A proposer whose proposals wait until they are released by hand. */
class SlowProposer implements Proposer {
  readonly entries: Uint8Array[] = [];
  readonly #waiting: (() => void)[] = [];

  propose(data: Uint8Array): Task<{ index: number; response: null }> {
    return this.proposeAdmin(data);
  }

  *proposeAdmin(data: Uint8Array): Task<{ index: number; response: null }> {
    this.entries.push(data);
    const index = this.entries.length;
    yield (resume) => this.#waiting.push(resume);
    return { index, response: null };
  }

  release(): void {
    this.#waiting.shift()?.();
  }
}

function wired(more: Partial<Wiring> = {}): Wiring {
  return { ...bareWiring(ME, new VirtualTime()), leaderView: LEADER, ...more };
}

function bootstrapped(files: MemoryFiles, cutover = 0n): void {
  const sidecar = { ...emptySidecar(), active: { storage: 1, raft: 2 }, raftEnvelopeCutoverIndex: cutover };
  const key = { wrapped: null, created: '', localEpoch: 0 };
  sidecar.keys = new Map([
    ['1', { ...key, purpose: 'storage' }],
    ['2', { ...key, purpose: 'raft' }],
  ]);
  files.put(PATH, new TextEncoder().encode(formatSidecar(sidecar)));
}

type Outcome = { value?: unknown; error?: unknown };
function started<T>(task: Task<T>): Outcome {
  const outcome: Outcome = {};
  spawn(task, (end) => Object.assign(outcome, end));
  return outcome;
}

function textOf(outcome: Outcome): string {
  return outcome.error instanceof StatusError ? outcome.error.message : String(outcome.error);
}

test('the identity of a raft id is the hash of its bytes, whatever the characters', (t) => {
  const check = fc.property(fc.string({ unit: 'grapheme' }), (id) => {
    const bytes = new TextEncoder().encode(id);
    return deriveNodeId(id) === deriveNodeIdOfBytes(bytes);
  });
  t.notThrows(() => fc.assert(check, { seed: 1, numRuns: 500 }));
  t.is(String(deriveNodeId('')), '0');
  t.is(String(deriveNodeId('n2')), '626983344707000793');
  t.is(String(deriveNodeId('!0IC=VloaY')), '1');
  t.throws(() => deriveNodeId('a\ud800b'), { message: /not valid Unicode/ });
});

test('a proposer without a leader view is named, and so is a post-cutover proposer without a raw one', (t) => {
  const proposer = new SlowProposer();
  t.is(validateWiring({ proposer: null, postCutoverProposer: null, leaderView: null }), null);
  t.regex(validateWiring({ proposer, postCutoverProposer: null, leaderView: null }) ?? '', /without leaderView/);
  t.regex(
    validateWiring({ proposer: null, postCutoverProposer: proposer, leaderView: null }) ?? '',
    /without raw proposer/,
  );
});

test('a second mutator waits for the first, and neither overtakes', (t) => {
  const proposer = new SlowProposer();
  const admin = encryptionAdmin(wired({ proposer }));
  const first = started(admin.RegisterEncryptionWriter(REGISTER, BACKGROUND));
  const second = started(admin.RegisterEncryptionWriter(REGISTER, BACKGROUND));
  t.is(proposer.entries.length, 1);
  t.deepEqual([first, second], [{}, {}]);
  proposer.release();
  t.deepEqual(first.value, { applied_index: '1' });
  t.is(proposer.entries.length, 2);
  proposer.release();
  t.deepEqual(second.value, { applied_index: '2' });
});

test('a caller that gives up in the queue frees its place and is told why', (t) => {
  const proposer = new SlowProposer();
  const admin = encryptionAdmin(wired({ proposer }));
  const time = new VirtualTime();
  const impatient = new VirtualContext(time, 50);
  started(admin.RegisterEncryptionWriter(REGISTER, BACKGROUND));
  const second = started(admin.RegisterEncryptionWriter(REGISTER, impatient));
  const third = started(admin.RegisterEncryptionWriter(REGISTER, BACKGROUND));
  time.step();
  t.is(textOf(second), 'encryption: cutover mutator wait deadline exceeded: context deadline exceeded');
  proposer.release();
  t.is(proposer.entries.length, 2);
  proposer.release();
  t.deepEqual(third.value, { applied_index: '2' });
});

test('a caller that gives up on a proposal frees the permit', (t) => {
  const proposer = new SlowProposer();
  const admin = encryptionAdmin(wired({ proposer }));
  const context = new VirtualContext(new VirtualTime(), 1000);
  const first = started(admin.RegisterEncryptionWriter(REGISTER, context));
  context.finish('canceled');
  t.is(textOf(first), 'encryption: propose 0x03 canceled: context canceled');
  started(admin.RegisterEncryptionWriter(REGISTER, BACKGROUND));
  t.is(proposer.entries.length, 2);
});

test('two servers of one process share neither permit nor latch', (t) => {
  const proposer = new SlowProposer();
  const w = wired({ proposer });
  started(encryptionAdmin(w).RegisterEncryptionWriter(REGISTER, BACKGROUND));
  started(encryptionAdmin(w).RegisterEncryptionWriter(REGISTER, BACKGROUND));
  t.is(proposer.entries.length, 2);
});

test('the permit passes to every caller once, in order of arrival', (t) => {
  const order = fc.property(fc.array(fc.boolean(), { maxLength: 12 }), (givesUp) => {
    const semaphore = new Semaphore();
    const served: number[] = [];
    started(semaphore.acquire(BACKGROUND));
    const contexts = givesUp.map(() => new VirtualContext(new VirtualTime(), 1));
    contexts.forEach((context, i) => {
      started(
        (function* () {
          yield* semaphore.acquire(context);
          served.push(i);
          semaphore.release();
        })(),
      );
    });
    givesUp.forEach((gone, i) => gone && contexts[i]?.finish('canceled'));
    semaphore.release();
    const want = givesUp.flatMap((gone, i) => (gone ? [] : [i]));
    const free = started(semaphore.acquire(BACKGROUND));
    return JSON.stringify(served) === JSON.stringify(want) && 'value' in free;
  });
  t.notThrows(() => fc.assert(order, { seed: 7, numRuns: 300 }));
});

function barrier(calls: string[]): CutoverBarrier {
  return {
    scope: () => null,
    begin: () => void calls.push('begin'),
    waitDrained: () => done(undefined),
    installWrap: (index, dek) => void calls.push(`install ${index} ${dek}`),
    end: () => void calls.push('end'),
  };
}

function cutoverWiring(files: MemoryFiles, calls: string[], applied: () => number, time: VirtualTime): Wiring {
  const proposer: Proposer = {
    propose: () => done({ index: 9, response: null }),
    proposeAdmin: () => done({ index: 9, response: null }),
  };
  return {
    ...wired({ proposer, clock: time }),
    sidecar: sidecarFile(files, PATH),
    cutoverBarrier: barrier(calls),
    latestAppliedIndex: applied,
    capabilityFanout: { run: () => done({ ok: true, verdicts: [] }) },
  };
}

test('the barrier opens again only when the effect of the marker is seen', (t) => {
  const files = new MemoryFiles();
  bootstrapped(files);
  const calls: string[] = [];
  const time = new VirtualTime();
  let applied = 0;
  const admin = encryptionAdmin(cutoverWiring(files, calls, () => applied, time));
  const call = started(admin.EnableRaftEnvelope(ENABLE, BACKGROUND));
  for (let i = 0; i < 5; i++) time.step();
  t.deepEqual(calls, ['begin']);
  applied = 9;
  bootstrapped(files, 9n);
  time.step();
  t.deepEqual(calls, ['begin', 'install 9 2', 'end']);
  t.deepEqual(call.value, { applied_index: '9', capability_summary: [], was_already_active: false });
});

test('an unknown outcome latches this process against every other mutator, not against the next cutover', (t) => {
  const files = new MemoryFiles();
  bootstrapped(files);
  const calls: string[] = [];
  const time = new VirtualTime();
  const admin = encryptionAdmin(cutoverWiring(files, calls, () => 0, time));
  const lost = started(admin.EnableRaftEnvelope(ENABLE, new VirtualContext(time, 20)));
  while (!('error' in lost)) time.step();
  t.is(textOf(lost), 'encryption: §7.1 step-4 await apply of index 9: context deadline exceeded');
  t.deepEqual(calls, ['begin']);
  const refused = started(admin.RegisterEncryptionWriter(REGISTER, BACKGROUND));
  t.regex(textOf(refused), /outcome is unsafe on this process/);
  bootstrapped(files, 9n);
  t.deepEqual(started(admin.EnableRaftEnvelope(ENABLE, BACKGROUND)).value, {
    applied_index: '9',
    capability_summary: [],
    was_already_active: true,
  });
  t.deepEqual(calls, ['begin']);
});

test('a leader that lost its quorum does not act, however sure of itself it is', (t) => {
  const proposer = new SlowProposer();
  const view: LeaderView = {
    ...LEADER,
    *verifyLeader() {
      throw new EngineError('other', 'no quorum');
    },
  };
  const outcome = started(
    encryptionAdmin(wired({ proposer, leaderView: view })).RotateDEK(REGISTER as never, BACKGROUND),
  );
  t.is(textOf(outcome), 'encryption: VerifyLeader failed, refusing to act on stale-leader state: no quorum');
  t.is(proposer.entries.length, 0);
});

test('a fan-out whose caller leaves keeps the seeded verdicts and closes its probes', (t) => {
  let closed = 0;
  const time = new VirtualTime();
  const context = new VirtualContext(time, 30);
  const group = fanoutGroup([
    { id: 'n1', address: 'n1:1', suffrage: '' },
    { id: 'n2', address: 'n2:1', suffrage: 'learner' },
  ]);
  t.deepEqual([group.voters.length, group.learners.length], [1, 1]);
  const client = {
    *getCapability(): Task<never> {
      try {
        for (;;) yield () => undefined;
      } finally {
        closed++;
      }
    },
  };
  const call = started(fanOut({ groups: () => [group], dial: () => client, timeoutMs: 5000, clock: time }, context));
  time.step();
  t.is(closed, 2);
  t.deepEqual(
    (call.value as { ok: boolean; verdicts: { error: string }[] }).verdicts.map((v) => v.error),
    ['n1:1', 'n2:1'].map((a) => `${a}: capability fan-out: probe did not complete within timeout`),
  );
});

test('a configuration that cannot be read fails the whole fan-out', (t) => {
  const groups = (): never => {
    throw new EngineError('other', 'configuration for group 2 unavailable');
  };
  const files = new MemoryFiles();
  bootstrapped(files);
  const time = new VirtualTime();
  const w = cutoverWiring(files, [], () => 0, time);
  const run = { run: () => fanOut({ groups, dial: () => null, timeoutMs: 1, clock: time }, BACKGROUND) };
  const outcome = started(encryptionAdmin({ ...w, capabilityFanout: run }).EnableStorageEnvelope(ENABLE, BACKGROUND));
  t.is(textOf(outcome), 'encryption: capability fan-out failed: configuration for group 2 unavailable');
});

test('durations read as Go prints them', (t) => {
  const shown = [0, 60, -1000, 1500, 60_000, -90_500, 3_600_000, 3_723_004].map(goDuration);
  t.deepEqual(shown, ['0s', '60ms', '-1s', '1.5s', '1m0s', '-1m30.5s', '1h0m0s', '1h2m3.004s']);
});

test('the wire says the code once more, except for what the framework answers itself', (t) => {
  t.is(onTheWire(new StatusError(Code.Canceled, 'x')).message, 'rpc error: code = Canceled desc = x');
  t.is(onTheWire(new StatusError(Code.Unimplemented, 'unknown service S')).message, 'unknown service S');
});

test('a task that never waits ends even under a context that is over; one that waits does not', (t) => {
  const context = new VirtualContext(new VirtualTime(), 1);
  context.finish('canceled');
  t.is(started(orEnd(context, done(3))).value, 3);
  let asked = false;
  const waits = started(
    orEnd(
      context,
      once(() => void (asked = true)),
    ),
  );
  t.is((waits.error as EngineError).kind, 'canceled');
  t.false(asked);
});

test('a bounded context ends with its parent or its own time, whichever is first, and once', (t) => {
  const time = new VirtualTime();
  const parent = new VirtualContext(time, 100);
  const shorter = withTimeout(parent, time, 40);
  const longer = withTimeout(parent, time, 400);
  let wakes = 0;
  shorter.onEnd(() => wakes++);
  longer.onEnd(() => wakes++);
  while (time.step());
  t.deepEqual([shorter.end(), longer.end(), wakes, time.nowMs()], ['deadline', 'deadline', 2, 100]);
  const born = withTimeout(parent, time, 10);
  t.is(born.end(), 'deadline');
  t.false(time.step());
});

test('whatever bytes a client sends, an RPC answers or refuses with a status', (t) => {
  const files = new MemoryFiles();
  bootstrapped(files);
  const proposer: Proposer = {
    propose: () => done({ index: 9, response: null }),
    proposeAdmin: () => done({ index: 9, response: null }),
  };
  const table = bindEncryptionAdmin(encryptionAdmin({ ...wired({ proposer }), sidecar: sidecarFile(files, PATH) }));
  const property = fc.property(fc.nat(table.length - 1), fc.uint8Array({ maxLength: 64 }), (rpc, bytes) => {
    const bound = table[rpc];
    if (bound === undefined) return false;
    const outcome = started(bound.call(bytes, BACKGROUND));
    if ('value' in outcome) return typeof bound.method.decodeResponse(outcome.value as Uint8Array) === 'object';
    return outcome.error instanceof StatusError;
  });
  t.notThrows(() => fc.assert(property, { seed: 11, numRuns: 4000 }));
});
