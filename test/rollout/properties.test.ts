// The properties of the rollout by themselves: each is tripped by a hand-made history, and is silent about the same history without
// the one thing that is wrong with it.
import test from 'ava';
import { Code } from '../../src/base/errors.ts';
import { stageOf } from '../../src/admin/stages.ts';
import { MemoryFiles, emptySidecar, formatSidecar } from '../../src/fsm/encryption/index.ts';
import { KvStore, Opcode } from '../../src/fsm/index.ts';
import { plain } from '../../src/fsm/failure.ts';
import { SubTag } from '../../src/fsm/opcodes.ts';
import type { Build } from '../../src/index.ts';
import type { Program } from '../../src/scenario/program.ts';
import type { LogEntry, Watch, WatchContext } from '../../src/scenario/watch.ts';
import { ENCRYPTION_PROPERTIES, type EncryptionProperty } from '../../src/subjects/encryption/properties/index.ts';
import type { EncryptionFact, Inspection } from '../../src/subjects/encryption/facts.ts';
import { ALL_FLAGS, NO_FLAGS, stage } from '../../src/subjects/encryption.ts';
import { flagsOf } from '../../src/subjects/encryption/flags.ts';

const build = stage('HEAD', ALL_FLAGS);
const flagless = stage('HEAD', NO_FLAGS);
const older = stage('6E', ALL_FLAGS);
const PATH = 'enc/keys.json';

/** A cluster of three that is whatever a test says it is. */
class Scene {
  readonly violations: string[] = [];
  readonly files = [new MemoryFiles(), new MemoryFiles(), new MemoryFiles(), new MemoryFiles()];
  readonly stores = [new KvStore(), new KvStore(), new KvStore(), new KvStore()];
  readonly applied = [0, 0, 0, 0];
  readonly serving = [false, true, true, true];
  last = 100;
  now = 0;
  capable = true;
  configured = true;
  barrierOpen = false;
  /** A node that hosts the second group and not the first. */
  elsewhere = 0;
  readonly watch: Watch;

  constructor(name: EncryptionProperty) {
    this.watch = ENCRYPTION_PROPERTIES[name](this.#context());
  }

  fact(node: number, fact: EncryptionFact): void {
    this.watch.onFact?.(node, fact);
  }

  apply(node: number, index: number, options: { opcode?: number; error?: string; group?: number } = {}): void {
    this.applied[node] = index;
    const { opcode = Opcode.KvSingle, error = null, group = 1 } = options;
    this.watch.onApply?.(node, group, entry(index), opcode, null, error);
  }

  /** An applier takes an entry, and its replica reports it. */
  took(node: number, index: number, subTag: number, dekId = 1, effect = true): void {
    const opcode = subTag === 0 ? Opcode.Bootstrap : Opcode.Rotation;
    this.fact(node, { kind: 'applied', group: 1, opcode, subTag, dekId, effect });
    this.apply(node, index, { opcode });
  }

  /** A handler of a node appends an entry and is answered. */
  call(node: number, call: number, rpc: string, code: number, answer: object | null, index: number | null): void {
    this.fact(node, { kind: 'step', call });
    if (index !== null) this.watch.onAppend?.(node, 1, entry(index), true);
    this.fact(node, { kind: 'stepped', call });
    this.fact(node, { kind: 'answered', call, rpc, code, text: '', answer });
  }

  process(node: number, what: 'start' | 'serving' | 'refused' | 'stop', detail = '', as: Build = build): void {
    this.serving[node] = what === 'serving';
    this.watch.onProcess?.(node, what, as, detail);
  }

  tick(ms: number): void {
    this.now += ms;
    this.watch.onTick?.(this.now);
  }

  sidecar(node: number, change: (sidecar: ReturnType<typeof emptySidecar>) => void): void {
    const sidecar = emptySidecar();
    change(sidecar);
    this.files[node]!.put(PATH, new TextEncoder().encode(formatSidecar(sidecar)));
  }

  #context(): WatchContext {
    const inspect = (node: number): Inspection => ({
      stage: stageOf('HEAD')!,
      flags: flagsOf(build.config),
      capable: this.capable,
      configured: this.configured,
      barrierOpen: this.barrierOpen,
      replicas: [
        undefined,
        node === this.elsewhere ? undefined : { name: 'g1', store: this.stores[node]!, fsm: null as never },
        node === this.elsewhere ? { name: 'g2', store: this.stores[node]!, fsm: null as never } : undefined,
      ],
    });
    return {
      nodes: ['', 'n1', 'n2', 'n3'],
      groups: ['', 'g1', 'g2'],
      nowMs: () => this.now,
      program: (node) =>
        this.serving[node] === true ? ({ inspect: () => inspect(node) } as unknown as Program) : null,
      files: (node) => this.files[node]!,
      applied: (node, group) => (node === this.elsewhere && group === 1 ? 0 : this.applied[node]!),
      lastIndex: () => this.last,
      violated: (property, code, _node, _group, says) => {
        says();
        this.violations.push(`${property}: ${code}`);
      },
    };
  }
}

function entry(index: number): LogEntry {
  return { index, term: 1, type: 0, data: Uint8Array.of(1) };
}

/** Runs one history twice: as it is, and with what is wrong about it. */
function trips(
  name: EncryptionProperty,
  code: string,
  history: (scene: Scene, wrong: boolean) => void,
  where = '',
): void {
  test(`${name} is broken by ${code}${where}, and by nothing less`, (t) => {
    const [right, wrong] = [new Scene(name), new Scene(name)];
    history(right, false);
    history(wrong, true);
    t.deepEqual(right.violations, []);
    t.true(wrong.violations.includes(`${name}: ${code}`), wrong.violations.join());
  });
}

const sealed = (nonce: string, dek = 'key'): EncryptionFact => ({ kind: 'sealed', dek, dekId: 1, nonce });
const write = (scene: Scene, node: number, value: string): void => {
  const bytes = new TextEncoder().encode(value);
  scene.stores[node]!.apply([{ op: 0, key: bytes, value: bytes, offsetHigh: 0, offsetLow: 0 }], 0, scene.now + 1, 0);
};

trips('nonce-uniqueness', 'own-nonce-reused', (s, wrong) => {
  s.fact(1, sealed('abcd'));
  s.process(1, 'start');
  s.fact(1, wrong ? sealed('abcd') : sealed('abcd', 'another key'));
});

trips('nonce-uniqueness', 'nonce-shared', (s, wrong) => {
  s.fact(1, sealed('abcd'));
  s.fact(2, sealed(wrong ? 'abcd' : 'abce'));
});

trips(
  'nonce-uniqueness',
  'own-nonce-reused',
  (s, wrong) => {
    s.fact(1, sealed('abcd'));
    s.fact(2, sealed('abce'));
    s.process(1, 'stop');
    s.watch.onDisk?.(1, 'restored', '');
    s.process(1, 'start');
    s.fact(1, sealed(wrong ? 'abcd' : 'abcf'));
  },
  ' on a disk that was put back',
);

trips(
  'no-cleartext-after-cutover',
  'cleartext-at-rest',
  (s, wrong) => {
    s.took(1, 4, SubTag.EnableStorageEnvelope);
    // A snapshot brings the node past the cutover, of which it never hears.
    s.apply(2, 3);
    s.applied[2] = 6;
    if (wrong) write(s, 2, 'behind');
    s.apply(2, 7);
  },
  ' where a snapshot passed the cutover by',
);

trips(
  'no-cleartext-after-cutover',
  'cleartext-at-rest',
  (s, wrong) => {
    s.elsewhere = 3;
    s.last = 8;
    write(s, 3, 'before');
    s.apply(3, 8, { group: 2 });
    s.took(1, 4, SubTag.EnableStorageEnvelope);
    if (wrong) write(s, 3, 'behind');
    s.apply(3, 9, { group: 2 });
  },
  ' in a group beside that of the cutover',
);

trips('no-cleartext-after-cutover', 'cleartext-at-rest', (s, wrong) => {
  write(s, 2, 'before');
  s.apply(2, 3);
  s.took(2, 4, SubTag.EnableStorageEnvelope);
  if (wrong) write(s, 2, 'behind');
  s.apply(2, 5);
});

trips('no-cleartext-after-cutover', 'cleartext-in-log', (s, wrong) => {
  s.fact(1, { kind: 'entry', group: 1, index: 3, wrapped: false });
  s.took(1, 4, SubTag.EnableRaftEnvelope, 2);
  s.fact(2, { kind: 'entry', group: 1, index: 5, wrapped: !wrong });
});

trips('readable', 'no-cipher', (s, wrong) => {
  write(s, 1, 'value');
  if (wrong) {
    const version = { tsHigh: 0, tsLow: 9, tombstone: false, encState: 1, body: new Uint8Array(50), hash: 1 };
    s.stores[1]!.read = () => ({
      kind: 'failed',
      failure: plain('store: encrypted value present but no cipher configured'),
    });
    s.stores[1]!.forEachVersion = (visit) => visit(Uint8Array.of(1), version);
  }
  s.process(1, 'serving');
});

trips('restartable', 'refused', (s, wrong) => {
  s.process(1, 'start');
  s.process(1, 'serving');
  s.process(1, 'stop');
  const as = wrong ? build : flagless;
  s.process(1, 'start', '', as);
  s.process(1, 'refused', 'no', as);
});

trips(
  'restartable',
  'refused',
  (s, wrong) => {
    const [before, after] = wrong ? [older, build] : [build, older];
    s.process(1, 'serving', '', before);
    s.process(1, 'stop', '', before);
    s.process(1, 'start', '', after);
    s.process(1, 'refused', 'no', after);
  },
  ' behind an upgrade',
);

trips('restartable', 'ErrLocalEpochRollback, no row', (s, wrong) => {
  s.process(1, 'serving');
  s.process(1, 'stop');
  if (!wrong) s.watch.onDisk?.(1, 'lost file', PATH);
  s.process(1, 'start');
  s.process(1, 'refused', 'writer-registry has no row for it');
});

trips('truthful-capability', 'not-configured', (s, wrong) => {
  s.process(1, 'serving');
  s.configured = !wrong;
  s.call(1, 1, 'GetCapability', Code.Ok, { encryption_capable: true }, null);
});

trips('truthful-capability', 'halts ErrEncryptionApply', (s, wrong) => {
  s.capable = wrong;
  s.process(1, 'serving');
  s.watch.onHalt?.(1, 1, { kind: 'halt', index: 3, opcode: Opcode.Bootstrap, code: 'ErrEncryptionApply', detail: '' });
});

trips('truthful-capability', 'skips', (s, wrong) => {
  s.process(1, 'serving');
  s.apply(1, 3, { opcode: Opcode.Bootstrap, ...(wrong ? { error: 'proto' } : {}) });
});

trips('ok-means-applied', 'skipped-elsewhere', (s, wrong) => {
  s.call(1, 1, 'RotateDEK', Code.Ok, { applied_index: '3' }, 3);
  s.took(1, 3, SubTag.RotateDek);
  s.apply(2, 3, wrong ? { error: 'proto' } : {});
});

trips('ok-means-applied', 'skipped', (s, wrong) => {
  s.call(1, 1, 'RotateDEK', wrong ? Code.Ok : Code.Unavailable, wrong ? { applied_index: '3' } : null, 3);
  s.apply(1, 3, { error: 'proto' });
});

trips('ok-means-applied', 'claimed-twice', (s, wrong) => {
  const fresh = { applied_index: '3', was_already_active: false };
  s.call(1, 1, 'EnableStorageEnvelope', Code.Ok, fresh, 3);
  s.call(1, 2, 'EnableStorageEnvelope', Code.Ok, { ...fresh, was_already_active: !wrong }, 4);
});

trips('refused-means-unchanged', 'took-effect', (s, wrong) => {
  s.call(1, 1, 'RotateDEK', wrong ? Code.FailedPrecondition : Code.Unavailable, null, 3);
  s.took(2, 3, SubTag.RotateDek);
});

trips(
  'refused-means-unchanged',
  'took-effect',
  (s, wrong) => {
    s.fact(1, { kind: 'step', call: 1 });
    s.watch.onAppend?.(1, 1, entry(3), true);
    s.fact(1, { kind: 'stepped', call: 1 });
    s.took(2, 3, SubTag.RotateDek, 1, wrong);
    s.fact(1, { kind: 'answered', call: 1, rpc: 'RotateDEK', code: Code.FailedPrecondition, text: '', answer: null });
  },
  ' before it was answered',
);

trips('barrier-released', 'left-standing', (s, wrong) => {
  s.barrierOpen = true;
  s.watch.onHealed?.(0);
  s.tick(100);
  if (!wrong) s.barrierOpen = false;
  s.tick(4_000);
});

trips('sidecar-in-step', 'ahead', (s, wrong) => {
  s.last = 7;
  s.sidecar(1, (sidecar) => (sidecar.raftAppliedIndex = wrong ? 8n : 7n));
  s.process(1, 'serving');
});

trips('sidecar-in-step', 'behind', (s, wrong) => {
  for (const node of [1, 2])
    s.sidecar(node, (sidecar) => {
      sidecar.storageEnvelopeActive = !wrong || node === 1;
      sidecar.storageEnvelopeCutoverIndex = 4n;
    });
  s.took(1, 4, SubTag.EnableStorageEnvelope);
  s.apply(2, 5);
  s.process(2, 'serving');
});

trips(
  'sidecar-in-step',
  'behind',
  (s, wrong) => {
    const key = { purpose: 'storage', wrapped: new Uint8Array(60), created: '', localEpoch: 0 } as const;
    s.sidecar(2, (sidecar) => (sidecar.keys = new Map([[wrong ? '1' : '3', key]])));
    s.sidecar(1, (sidecar) => (sidecar.keys = new Map([['3', key]])));
    s.took(1, 4, SubTag.RotateDek, 3);
    s.applied[2] = 6;
    s.watch.onSnapshot?.(2, 1, 'install', null as never);
  },
  ' a rotation that a snapshot passed by',
);

trips('sidecar-in-step', 'missing', (s, wrong) => {
  s.sidecar(
    1,
    (sidecar) =>
      (sidecar.keys = new Map([
        ['1', { purpose: 'storage', wrapped: new Uint8Array(60), created: '', localEpoch: 0 }],
      ])),
  );
  s.took(1, 3, 0);
  s.applied[2] = wrong ? 5 : 0;
  s.process(2, 'serving');
});

trips('fresh-answers', 'stale', (s, wrong) => {
  s.call(1, 1, 'RotateDEK', Code.Ok, { applied_index: '9' }, 9);
  s.call(2, 1, 'ResyncSidecar', Code.Ok, { leader_latest_applied_index: wrong ? '8' : '9' }, null);
});
