// The start of a process: which guard speaks first, and what is durable when a later one refuses.
import test from 'ava';
import { GuardRefusal } from '../../src/admin/guard-refusals.ts';
import { sidecarFile } from '../../src/admin/sidecar-file.ts';
import { stageOf } from '../../src/admin/stages.ts';
import { startAfterReplay, startBeforeOpen } from '../../src/admin/startup-sequence.ts';
import type { DiskView, StartInput } from '../../src/admin/startup-sequence.ts';
import { Keystore } from '../../src/fsm/encryption/keystore.ts';
import type { MemoryFiles } from '../../src/fsm/encryption/memory-files.ts';
import { Failure } from '../../src/fsm/failure.ts';
import { ME, NO_ROWS, PAD, PATH, disk, neighbour, rows, sidecar } from './fixtures.ts';

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
  const broken = {
    snapshotCutover: () => 9n,
    members: () => [ME, neighbour(ME)],
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
  const foreign = rows({ dek: 1, id: neighbour(ME), epoch: 0, at: ME });
  const files = disk(sidecar());
  t.regex(refusal(startBeforeOpen(input(files), onDisk({ registry: () => foreign }))), /^ErrLocalEpochRollback /);
  const start = input(files);
  const plan = startBeforeOpen(start, onDisk());
  if (plan instanceof GuardRefusal) return t.fail(plan.text);
  const replayed = { registry: foreign, appliedIndex: 5n, scan: null, restoredCutover: 0n };
  t.regex(refusal(startAfterReplay(start, plan, replayed)), /^ErrLocalEpochRollback /);
});
