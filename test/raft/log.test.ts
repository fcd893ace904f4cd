// The log and its storage against a plain array: what is overwritten, compacted or late must not show in what is left.
import test from 'ava';
import fc from 'fast-check';
import {
  COMPACTED,
  describeSnapshot,
  EMPTY_CONF_STATE,
  EMPTY_HARD_STATE,
  EMPTY_SNAPSHOT,
  entry,
  EntryType,
  LogLevel,
  MemoryStorage,
  NO_DATA,
  NO_LIMIT,
  PLAIN_IDS,
  RaftInvariantError,
  SNAP_OUT_OF_DATE,
  SNAP_TEMPORARILY_UNAVAILABLE,
  storageErrorText,
  UNAVAILABLE,
  type Entry,
} from '../../src/raft/index.ts';
import { RaftLog, NO_MATCH } from '../../src/raft/log.ts';
import { bytes } from './_cluster.ts';

const logAction = fc.oneof(
  fc.record({ do: fc.constant('append' as const), at: fc.nat(20), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('write' as const) }),
  fc.record({ do: fc.constant('acknowledge' as const), stale: fc.boolean() }),
  fc.record({ do: fc.constant('commit' as const), by: fc.nat(3) }),
  fc.record({ do: fc.constant('apply' as const) }),
  fc.record({ do: fc.constant('compact' as const) }),
);

/** A log beside the array of its terms; term t is the number of the action that wrote the entry. */
function logMatchesModel(actions: readonly (typeof logAction extends fc.Arbitrary<infer A> ? A : never)[]): boolean {
  const storage = new MemoryStorage();
  const log = new RaftLog(storage, null, NO_LIMIT);
  const terms = [0];
  let written: Entry | null = null;
  for (const [i, a] of actions.entries()) {
    if (a.do === 'append') {
      const from = log.committed + 1 + (a.at % (log.lastIndex() - log.committed + 1));
      const fresh = Array.from({ length: a.count }, (_, k) => entry(i + 1, from + k, EntryType.Normal, NO_DATA));
      if (log.maybeAppend(terms[from - 1]!, from - 1, fresh, 0) !== from + a.count - 1) return false;
      if (log.maybeAppend(99, from - 1, fresh, 0) !== NO_MATCH) return false;
      terms.splice(from, Infinity, ...fresh.map(({ term }) => term));
    } else if (a.do === 'write') {
      const entries = log.nextUnstableEntries();
      const copy = entries.slice();
      log.acceptUnstable();
      storage.append(entries);
      if (copy.length > 0) written = copy.at(-1)!;
    } else if (a.do === 'acknowledge' && written !== null) {
      log.stableTo(a.stale ? written.term + 1 : written.term, written.index);
    } else if (a.do === 'commit') {
      log.commitTo(Math.min(log.offset - 1, log.committed + a.by));
    } else if (a.do === 'apply') {
      for (const { index, term } of log.nextCommittedEntries(false)) {
        if (terms[index] !== term) return false;
        log.acceptApplying(index, 0, false);
        log.appliedTo(index, 0);
      }
    } else if (a.do === 'compact') {
      storage.compact(log.applied);
    }
    if (log.lastIndex() !== terms.length - 1 || log.lastTerm() !== terms.at(-1)) return false;
    const first = log.firstIndex();
    if (terms.some((term, index) => log.term(index) !== (index >= first - 1 ? term : COMPACTED))) return false;
    const all = log.entries(first, NO_LIMIT);
    if (all === COMPACTED || all.some((e, k) => e.index !== first + k || e.term !== terms[e.index])) return false;
  }
  return true;
}

test('a log reads like one array, however much of it is written, acknowledged, overwritten or compacted', (t) => {
  fc.assert(
    fc.property(fc.array(logAction, { maxLength: 60 }), (actions) => logMatchesModel(actions)),
    { numRuns: 400 },
  );
  t.pass();
});

test('a list of entries handed out does not change when the log grows or is overwritten', (t) => {
  const log = new RaftLog(new MemoryStorage(), null, NO_LIMIT);
  const one = entry(1, 1, EntryType.Normal, NO_DATA);
  log.append([one]);
  const handed = log.nextUnstableEntries();
  log.append([entry(1, 2, EntryType.Normal, NO_DATA)]);
  log.append([entry(2, 2, EntryType.Normal, NO_DATA)]);
  t.deepEqual(handed, [one]);
  log.acceptUnstable();
  log.append([entry(2, 3, EntryType.Normal, NO_DATA)]);
  t.is(log.nextUnstableEntries().length, 1);
});

test('pages of entries are cut by encoded size, and one entry always goes through', (t) => {
  const storage = new MemoryStorage();
  const ten = (index: number): Entry => entry(1, index, EntryType.Normal, new Uint8Array(4));
  storage.append([1, 2].map(ten));
  const log = new RaftLog(storage, null, NO_LIMIT);
  log.append([3, 4].map(ten));
  const sizeOf = ten(1).size;
  const counts = [0, 1, 2, 3, 4].map((n) => (log.entries(1, n * sizeOf) as Entry[]).length);
  t.deepEqual(counts, [1, 1, 2, 3, 4]);
  t.is((log.entries(1, 2 * sizeOf + 1) as Entry[]).length, 2);
  t.deepEqual(log.entries(5, NO_LIMIT), []);
  t.deepEqual(log.slice(2, 2, NO_LIMIT), []);
});

test('what would break a log panics with the reference texts', (t) => {
  const lines: string[] = [];
  const logger = { ids: PLAIN_IDS, log: (level: LogLevel, line: string) => lines.push(`${level} ${line}`) };
  const storage = new MemoryStorage();
  storage.append([1, 2, 3].map((i) => entry(1, i, EntryType.Normal, NO_DATA)));
  const log = new RaftLog(storage, logger, 10);
  log.commitTo(2);
  const panics = (f: () => unknown, message: string): void => {
    t.throws(f, { instanceOf: RaftInvariantError, message });
    t.is(lines.at(-1), `${LogLevel.Fatal} ${message}`);
  };
  panics(() => log.append([entry(2, 2, EntryType.Normal, NO_DATA)]), 'after(1) is out of range [committed(2)]');
  panics(() => log.appliedTo(3, 0), 'applied(3) is out of range [prevApplied(0), committed(2)]');
  panics(() => log.acceptApplying(3, 0, true), 'applying(3) is out of range [prevApplying(0), committed(2)]');
  panics(() => log.slice(3, 2, NO_LIMIT), 'invalid slice 3 > 2');
  panics(() => log.slice(1, 9, NO_LIMIT), 'slice[1,9) out of bound [1,3]');
  storage.compact(2);
  panics(
    () => log.nextCommittedEntries(true),
    'unexpected error when getting unapplied entries (requested index is unavailable due to compaction)',
  );
  t.is(
    log.some(1, 2, 9, () => true),
    COMPACTED,
  );
  storage.compact(3);
  storage.applySnapshot({ ...EMPTY_SNAPSHOT, index: 9, term: 1 });
  const lost = 'unexpected error when getting the last term at 3: requested index is unavailable due to compaction';
  panics(() => log.lastTerm(), lost);
});

test('a storage whose entries are gone makes the log panic', (t) => {
  class Hollow extends MemoryStorage {
    override entries(): typeof UNAVAILABLE {
      return UNAVAILABLE;
    }
  }
  const storage = new Hollow();
  storage.append([entry(1, 1, EntryType.Normal, NO_DATA)]);
  const log = new RaftLog(storage, null, NO_LIMIT);
  t.throws(() => log.entries(1, NO_LIMIT), { message: 'entries[1:2) is unavailable from storage' });
});

test('a storage answers misuse and compaction as the reference does', (t) => {
  const storage = new MemoryStorage();
  t.is(storage.entries(1, 1, NO_LIMIT), UNAVAILABLE);
  storage.append([]);
  storage.append([1, 2, 3, 4].map((i) => entry(1, i, EntryType.Normal, NO_DATA)));
  t.throws(() => storage.entries(1, 9, NO_LIMIT), { message: "entries' hi(9) is out of bound lastindex(4)" });
  t.throws(() => storage.createSnapshot(9, null, NO_DATA), { message: 'snapshot 9 is out of bound lastindex(4)' });
  t.throws(() => storage.compact(9), { message: 'compact 9 is out of bound lastindex(4)' });
  t.throws(() => storage.append([entry(1, 9, EntryType.Normal, NO_DATA)]), {
    message: 'missing log entry [last: 4, append at: 9]',
  });
  const made = storage.createSnapshot(2, { ...EMPTY_CONF_STATE, voters: [7] }, bytes('s'));
  t.is(typeof made === 'number' ? '' : describeSnapshot(made).split(' ConfState')[0], 'Index:2 Term:1');
  t.is(storage.createSnapshot(2, null, NO_DATA), SNAP_OUT_OF_DATE);
  t.is(storage.compact(2), 0);
  t.is(storage.compact(2), COMPACTED);
  t.deepEqual(
    [1, 2, 3, 5].map((i) => storage.term(i)),
    [COMPACTED, 1, 1, UNAVAILABLE],
  );
  t.is(storage.entries(2, 3, NO_LIMIT), COMPACTED);
  storage.append([entry(1, 1, EntryType.Normal, NO_DATA)]);
  storage.append([2, 3].map((i) => entry(5, i, EntryType.Normal, NO_DATA)));
  t.deepEqual([storage.lastIndex(), storage.term(3)], [3, 5]);
  t.is(storage.applySnapshot({ ...EMPTY_SNAPSHOT, index: 2 }), SNAP_OUT_OF_DATE);
  t.deepEqual(storage.initialState(), { hardState: EMPTY_HARD_STATE, confState: { ...EMPTY_CONF_STATE, voters: [7] } });
  t.deepEqual(
    ([COMPACTED, UNAVAILABLE, SNAP_OUT_OF_DATE, SNAP_TEMPORARILY_UNAVAILABLE] as const).map(storageErrorText),
    [
      'requested index is unavailable due to compaction',
      'requested entry at index is unavailable',
      'requested index is older than the existing snapshot',
      'snapshot is temporarily unavailable',
    ],
  );
});

test('an entry knows the size of its protobuf encoding', (t) => {
  const sizes = [
    entry(1, 1, EntryType.Normal, NO_DATA),
    entry(1, 1, EntryType.Normal, NO_DATA, true),
    entry(1, 1, EntryType.Normal, new Uint8Array(0)),
    entry(128, 2 ** 40, EntryType.ConfChange, new Uint8Array(128)),
  ].map(({ size }) => size);
  t.deepEqual(sizes, [4, 6, 6, 3 + 7 + 2 + 131]);
});
