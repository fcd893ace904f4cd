// Disks by themselves: what a crash leaves has to be what was synced, and of the rest what is drawn.
import test from 'ava';
import fc from 'fast-check';
import { MemoryFiles } from '../../src/fsm/encryption/memory-files.ts';
import type { Files } from '../../src/fsm/encryption/files.ts';
import { entry, type Entry } from '../../src/raft/index.ts';
import type { ChoiceStream } from '../../src/sim/kernel/choices.ts';
import { directedSource } from '../../src/sim/kernel/override-source.ts';
import { seedSource } from '../../src/sim/kernel/seed-source.ts';
import { DiskCrash, LogDisk, NodeDisk, NodeFiles } from '../../src/sim/world/disk.ts';

const e = (index: number, term: number): Entry => entry(term, index, 0, Uint8Array.of(index, term));
const CONF = { voters: [1, 2, 3], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
const lose = (k: number): { readonly stream: ChoiceStream; readonly key: number } => ({
  stream: directedSource('lose', (_s, _k, _n, n) => Math.min(k, n - 1)).stream('disk/n1'),
  key: 1,
});

test('a log disk keeps what was synced and loses, of the rest, what is drawn', (t) => {
  for (const lost of [0, 1, 2]) {
    const disk = new LogDisk();
    disk.save({ term: 1, vote: 1, commit: 0 }, [e(1, 1), e(2, 1)], null, true);
    disk.save({ term: 1, vote: 1, commit: 1 }, [], null, false);
    disk.save({ term: 1, vote: 1, commit: 2 }, [], null, false);
    t.is(disk.storage.initialState().hardState.commit, 2);
    t.is(disk.hardState.commit, 0);
    t.is(disk.unsynced, 2);
    t.is(disk.crash({ ...lose(lost), torn: false }), lost);
    t.is(disk.storage.initialState().hardState.commit, 2 - lost);
    t.is(disk.storage.lastIndex(), 2);
  }
});

test('a later sync makes earlier writes durable too, and a lying disk makes nothing durable', (t) => {
  const disk = new LogDisk();
  disk.save({ term: 1, vote: 0, commit: 0 }, [], null, false);
  disk.save(null, [e(1, 1)], null, true);
  t.is(disk.unsynced, 0);
  t.is(disk.hardState.term, 1);
  disk.loseSync = true;
  disk.save({ term: 2, vote: 2, commit: 0 }, [e(2, 2), e(3, 2)], null, true);
  t.is(disk.lastIndex(), 1);
  t.is(disk.storage.lastIndex(), 3);
  disk.crash({ ...lose(9), torn: false });
  t.deepEqual([disk.lastIndex(), disk.hardState.term, disk.storage.lastIndex()], [1, 1, 1]);
});

test('a torn write leaves a beginning of its records: entries before the hard state', (t) => {
  const after = [0, 1, 2, 3].map((lost) => {
    const disk = new LogDisk();
    disk.save({ term: 1, vote: 1, commit: 0 }, [e(1, 1)], null, true);
    disk.loseSync = true;
    disk.save({ term: 2, vote: 2, commit: 1 }, [e(2, 2), e(3, 2)], null, true);
    disk.crash({ ...lose(lost), torn: true });
    return [disk.lastIndex(), disk.hardState.term];
  });
  t.deepEqual(after, [
    [3, 2],
    [3, 1],
    [2, 1],
    [1, 1],
  ]);
});

test('a conflicting tail replaces the durable one, and a snapshot drops what it covers or contradicts', (t) => {
  const disk = new LogDisk();
  disk.found({ index: 1, term: 1, confState: CONF, data: new Uint8Array(0) });
  disk.save(null, [e(2, 1), e(3, 1), e(4, 1)], null, true);
  disk.save(null, [e(3, 2)], null, true);
  t.deepEqual([disk.lastIndex(), disk.termAt(1), disk.termAt(2), disk.termAt(3), disk.termAt(4)], [3, 1, 1, 2, 0]);
  t.throws(() => disk.found({ index: 1, term: 1, confState: CONF, data: new Uint8Array(0) }), {
    message: /DISK_NOT_EMPTY/,
  });
  const made = disk.compact(2, CONF, () => Uint8Array.of(7), 0);
  t.is(made?.index, 2);
  t.deepEqual([disk.snapshot.index, disk.lastIndex(), disk.termAt(3), disk.storage.firstIndex()], [2, 3, 2, 3]);
  t.is(
    disk.compact(2, CONF, () => Uint8Array.of(7), 0),
    null,
  );
  disk.save(null, [], { index: 9, term: 5, confState: CONF, data: new Uint8Array(0) }, false);
  t.deepEqual([disk.snapshot.index, disk.lastIndex(), disk.termAt(3)], [9, 9, 0]);
  disk.stop();
  t.deepEqual([disk.storage.firstIndex(), disk.storage.lastIndex()], [10, 9]);
  disk.wipe();
  t.true(disk.isEmpty());
});

/** One file operation by number; both file systems are given the same ones. */
const operation = fc.record({
  op: fc.constantFrom('create', 'write', 'fsync', 'rename', 'fsyncDir', 'remove', 'read', 'stat'),
  a: fc.constantFrom('/d/a', '/d/b', '/x/a'),
  b: fc.constantFrom('/d/a', '/d/b', '/x/a'),
  bytes: fc.uint8Array({ maxLength: 4 }),
});

function perform(files: Files, { op, a, b, bytes }: { op: string; a: string; b: string; bytes: Uint8Array }): string {
  try {
    if (op === 'create') files.createExclusive(a, 0o600);
    else if (op === 'write') files.write(a, bytes);
    else if (op === 'fsync') files.fsync(a);
    else if (op === 'rename') files.rename(a, b);
    else if (op === 'fsyncDir') files.fsyncDir('/d');
    else if (op === 'remove') files.remove(a);
    else if (op === 'read') return String(files.read(a, 3));
    else return JSON.stringify(files.stat(a));
    return 'done';
  } catch (error) {
    return String(error);
  }
}

test('without a crash side files behave as files in memory do', (t) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const [node, memory] = [new NodeFiles(), new MemoryFiles()];
      for (const op of operations) {
        if (op.op === 'rename' && op.a === op.b) continue;
        const [mine, theirs] = [perform(node, op), perform(memory, op)];
        if (mine !== theirs) return false;
      }
      return true;
    }),
  );
  t.pass();
});

/** The durable write protocol of the sidecar, as far as the disk sees it. */
function writeDurably(files: Files, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    files.remove('/d/keys.tmp');
  } catch {
    // There was none.
  }
  files.createExclusive('/d/keys.tmp', 0o600);
  files.write('/d/keys.tmp', bytes);
  files.fsync('/d/keys.tmp');
  files.rename('/d/keys.tmp', '/d/keys');
  files.fsyncDir('/d');
}

test('a crash at any step of a durable write leaves the old file or the new one, whole', (t) => {
  let seenOld = 0;
  let seenNew = 0;
  for (let step = 1; step <= 6; step++) {
    for (let seed = 0; seed < 40; seed++) {
      const files = new NodeFiles();
      writeDurably(files, 'old');
      files.armCrash(step);
      let crashed = false;
      try {
        writeDurably(files, 'the new one');
      } catch (error) {
        crashed = error instanceof DiskCrash;
        t.true(crashed);
      }
      t.is(crashed, step <= 5);
      files.crash({ stream: seedSource(`${seed}`).stream('disk/n1'), key: 1, torn: true });
      const left = new TextDecoder().decode(files.read('/d/keys'));
      t.true(left === 'old' || left === 'the new one', left);
      if (step <= 3) t.is(left, 'old');
      if (step >= 5) t.is(left, 'the new one');
      if (left === 'old') seenOld++;
      else seenNew++;
    }
  }
  t.true(seenOld > 0 && seenNew > 0);
});

test('a write protocol without fsync, or on a disk that lies about it, can leave a torn or an empty file', (t) => {
  for (const how of ['no fsync', 'lying'] as const) {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const files = new NodeFiles();
      if (how === 'lying') files.loseSync('/d/keys.tmp', true);
      files.createExclusive('/d/keys.tmp', 0o600);
      files.write('/d/keys.tmp', new Uint8Array(4));
      if (how === 'lying') files.fsync('/d/keys.tmp');
      files.rename('/d/keys.tmp', '/d/keys');
      files.fsyncDir('/d');
      files.crash({ stream: seedSource(`${seed}`).stream('disk/n1'), key: 1, torn: true });
      lengths.add(files.stat('/d/keys').sizeBytes);
    }
    t.deepEqual(
      [...lengths].sort((a, b) => a - b),
      [0, 1, 2, 3, 4],
    );
  }
});

test('names that no directory sync covered may be undone, latest first', (t) => {
  const files = new NodeFiles();
  files.put('/d/a', Uint8Array.of(1));
  files.put('/d/b', Uint8Array.of(2));
  files.rename('/d/a', '/d/b');
  files.remove('/d/b');
  t.deepEqual(files.crash({ ...lose(1), torn: false }), ['a change of /d/b']);
  t.deepEqual([...files.read('/d/b')], [1]);
  const again = new NodeFiles();
  again.put('/d/a', Uint8Array.of(1));
  again.put('/d/b', Uint8Array.of(2));
  again.rename('/d/a', '/d/b');
  again.crash({ ...lose(1), torn: false });
  t.deepEqual([[...again.read('/d/a')], [...again.read('/d/b')]], [[1], [2]]);
});

test('a node goes down with all its logs and files, and says what it lost', (t) => {
  const disk = new NodeDisk(directedSource('lose', (_s, _k, _n, n) => n - 1).stream('disk/n1'));
  disk.log(2).save({ term: 1, vote: 1, commit: 0 }, [e(1, 1)], null, true);
  disk.log(2).save({ term: 1, vote: 1, commit: 1 }, [], null, false);
  disk.files.createExclusive('/d/a', 0o600);
  t.deepEqual(disk.crash(), ['1 log records of group 2', 'a change of /d/a']);
  t.is(disk.log(2).lastIndex(), 1);
  disk.log(2).save({ term: 1, vote: 1, commit: 1 }, [], null, false);
  disk.syncAll();
  t.is(disk.log(2).hardState.commit, 1);
  disk.dropLog(2);
  t.true(disk.log(2).isEmpty());
});
