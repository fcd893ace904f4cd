// The grammar of etcd's scripts, the comparison and its diff: that what is not well formed is refused with its place, that
// a difference of one byte fails, and that a diff turns one text into the other.
import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../src/base/errors.ts';
import { addCounts, countsLine, NO_COUNTS, unifiedDiff } from '../../src/conform/diff.ts';
import { parseBool, parseInteger, parseUint } from '../../src/conform/etcd/go-values.ts';
import { Output } from '../../src/conform/etcd/output.ts';
import { runScript } from '../../src/conform/etcd/run.ts';
import { parseScript } from '../../src/conform/etcd/script.ts';
import { ScriptIds } from '../../src/conform/etcd/script-ids.ts';

const one = (text: string) => parseScript('s.txt', text)[0]!;

test('a directive has a command, arguments, input and expected output', (t) => {
  const d = one(
    '# comment\n\nadd-nodes 3 voters=(1, 2,3) index=10 x=\n a b\nc \n----\nout 1\n  out 2\n\nnext\n----\nok\n',
  );
  t.is(d.command, 'add-nodes');
  t.is(d.line, 3);
  t.deepEqual(d.args, [
    { key: '3', values: [] },
    { key: 'voters', values: ['1', '2', '3'] },
    { key: 'index', values: ['10'] },
    { key: 'x', values: [''] },
  ]);
  t.is(d.input, 'a b\nc');
  t.is(d.expected, 'out 1\n  out 2\n');
});

test('values may nest parentheses', (t) => {
  t.deepEqual(one('cmd exprs=(a + (b, c), d)\n----\nok\n').args, [{ key: 'exprs', values: ['a + (b, c)', 'd'] }]);
});

test('a command line that ends in a backslash goes on in the next line', (t) => {
  const d = one('deliver-msgs \\\n   1  \\\n drop=2\n----\nok\n');
  t.deepEqual(
    d.args.map((a) => a.key),
    ['1', 'drop'],
  );
});

test('output with blank lines stands between doubled separators', (t) => {
  const script = parseScript('s.txt', 'a\n----\n----\nx\n\n----\ny\n----\n----\n\nb\n----\nok\n');
  t.deepEqual(
    script.map((d) => [d.command, d.expected, d.line]),
    [
      ['a', 'x\n\n----\ny\n', 1],
      ['b', 'ok\n', 11],
    ],
  );
});

test('bad grammar is refused with file, line and column', (t) => {
  const place = (text: string) => {
    const e = t.throws(() => parseScript('f.txt', text), { instanceOf: InputError });
    return e === undefined ? null : [e.code, e.at?.file, e.at?.line, e.at?.column];
  };
  t.deepEqual(place('ok\n----\nok\n\ncmd a=(1,2\n----\nok\n'), ['CNF001', 'f.txt', 5, 7]);
  t.deepEqual(place('cmd =1\n----\nok\n'), ['CNF001', 'f.txt', 1, 5]);
  t.deepEqual(place('cmd 1\nno separator\n'), ['CNF001', 'f.txt', 1, 1]);
  t.deepEqual(place('a\n----\n----\nx\n----\n----\nnot blank\n'), ['CNF001', 'f.txt', 7, 1]);
});

test('a bad argument fails the script with its place', (t) => {
  const { outcome, lines } = runScript('f.txt', 'add-nodes 1 voters=1 index=2\n----\nok\n\ncampaign one\n----\nok\n');
  t.is(outcome, 'failed');
  t.is(lines.length, 1);
  t.regex(lines[0] ?? '', /^f\.txt:5:1 CNF001 campaign: strconv\.Atoi: parsing "one": invalid syntax$/);
});

test('a text without a separator is no script and is skipped by name', (t) => {
  const { outcome, lines } = runScript('list.txt', '# commands\nadd-nodes 1\n');
  t.is(outcome, 'skipped');
  t.regex(lines[0] ?? '', /list\.txt/);
});

test('numbers and truth values are read and refused in the words of Go', (t) => {
  t.deepEqual(parseUint('18446744073709551615'), { ok: true, value: 18446744073709551615n });
  t.deepEqual(parseUint('-1'), { ok: false, error: 'strconv.ParseUint: parsing "-1": invalid syntax' });
  t.deepEqual(parseUint('18446744073709551616'), {
    ok: false,
    error: 'strconv.ParseUint: parsing "18446744073709551616": value out of range',
  });
  t.deepEqual(parseInteger('+3'), { ok: true, value: 3n });
  t.deepEqual(parseInteger('-9223372036854775808'), { ok: true, value: -9223372036854775808n });
  t.deepEqual(parseInteger('9223372036854775808'), {
    ok: false,
    error: 'strconv.Atoi: parsing "9223372036854775808": value out of range',
  });
  t.deepEqual(parseBool('T'), { ok: true, value: true });
  t.deepEqual(parseBool('maybe'), { ok: false, error: 'strconv.ParseBool: parsing "maybe": invalid syntax' });
});

test('ids are safe integers inside, in the order of what they stand for, and are written as they were read', (t) => {
  const id = fc.oneof(fc.nat(9).map(BigInt), fc.bigInt(2n ** 52n - 2n, 2n ** 53n + 9n), fc.bigInt(0n, 2n ** 64n - 1n));
  fc.assert(
    fc.property(fc.uniqueArray(id, { minLength: 1 }), (list) => {
      const ids = new ScriptIds(
        parseScript('s.txt', `add-nodes 1 voters=(${list.join(',')})\nv${list[0]}\n----\nok\n`),
      );
      const inner = list.map((one) => {
        const parsed = ids.parse(String(one));
        return parsed.ok ? parsed.value : -1;
      });
      t.true(inner.every(Number.isSafeInteger));
      t.deepEqual(
        inner.map((one) => ids.dec(one)),
        list.map(String),
      );
      t.deepEqual(
        inner.map((one) => ids.hex(one)),
        list.map((one) => one.toString(16)),
      );
      for (const [i, a] of list.entries()) for (const [k, b] of list.entries()) t.is(a < b, inner[i]! < inner[k]!);
    }),
  );
  // The reference turns a signed number into an id; nobody has it, and it reads back all the same.
  const none = new ScriptIds([]);
  t.is(none.dec(none.inside(2n ** 64n - 3n)), '18446744073709551613');
  t.is(none.inside(2n ** 64n - 3n), none.inside(2n ** 64n - 3n));
});

test('the two highest ids are those of storage threads, which no message may be for', (t) => {
  for (const [highest, more, expected] of [
    ['18446744073709551615', '', 'unexpected local msg target'],
    ['18446744073709551614', '', 'unexpected local msg target'],
    ['18446744073709551614', ' async-storage-writes=true', 'unexpected message type MsgVote'],
  ] as const) {
    const start = `add-nodes 1 voters=(1,${highest}) index=2${more}`;
    const commands = ['log-level none', start, 'campaign 1'].map((d) => `${d}\n----\nok\n`);
    const { outcome, lines } = runScript(
      's.txt',
      [...commands, `process-ready 1\n----\nPANIC: ${expected}\n`].join('\n'),
    );
    t.is(outcome, 'passed', lines.join('\n'));
  }
});

test('an index or the number of a node that no double holds is refused, not rounded', (t) => {
  for (const line of [
    'add-nodes 1 voters=1 index=9007199254740993',
    'committed cfg=(1) idx=(9007199254740993)',
    'campaign 9007199254740993',
    'process-ready 1 9007199254740993',
  ]) {
    const { outcome, lines } = runScript('s.txt', `${line}\n----\nok\n`);
    t.is(outcome, 'failed');
    t.regex(lines[0] ?? '', /^s\.txt:1:1 CNF001 \S+: (index|node) 9007199254740993 is beyond 2\^53 - 1$/);
  }
});

test('indented output keeps blank lines and gains a missing newline', (t) => {
  const output = new Output();
  output.write('a\n');
  output.indented(() => output.write('b\n\nc'));
  t.is(output.take(), 'a\n  b\n  \n  c\n');
});

test('the level filters log lines alone, except that at NONE nothing is written', (t) => {
  const output = new Output();
  output.level = 2;
  output.log(1, 'info');
  output.log(2, 'warn');
  output.write('harness\n');
  t.is(output.take(), 'WARN warn\nharness\n');
  output.level = 5;
  output.write('harness\n');
  output.log(4, 'fatal');
  t.is(output.take(), '');
});

/** Applies a unified diff with unlimited context: its lines without the additions, and without the removals. */
function sides(diff: readonly string[]): [string, string] {
  const body = diff.slice(2).filter((line) => !line.startsWith('@@'));
  const side = (not: string) => body.filter((line) => !line.startsWith(not)).map((line) => `${line.slice(1)}\n`);
  return [side('+').join(''), side('-').join('')];
}

test('a diff holds both texts', (t) => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 })
    .map((ls) => ls.map((l) => `${l}\n`).join(''));
  const names = { expectedName: 'e', actualName: 'a', context: 1000, maxLines: 1000 };
  fc.assert(
    fc.property(text, text, (expected, actual) => {
      const diff = unifiedDiff(expected, actual, names);
      if (expected === actual) return diff.length === 0;
      const [left, right] = sides(diff);
      return left === expected && right === actual;
    }),
    { numRuns: 2000, seed: 1 },
  );
  t.pass();
});

test('a diff shows the context of each change and where it stands', (t) => {
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`);
  const changed = lines.map((line, i) => (i === 9 ? 'other' : line)).filter((_, i) => i !== 24);
  const diff = unifiedDiff(`${lines.join('\n')}\n`, `${changed.join('\n')}\n`, {
    expectedName: 'x:1',
    actualName: 'y',
  });
  t.deepEqual(
    diff.filter((line) => !line.startsWith(' ')),
    ['--- x:1', '+++ y', '@@ -7,7 +7,7 @@', '-line 10', '+other', '@@ -22,7 +22,6 @@', '-line 25'],
  );
});

test('texts that differ everywhere are shown as a replacement, and long diffs are cut', (t) => {
  const many = (word: string) => Array.from({ length: 1500 }, (_, i) => `${word}${i}\n`).join('');
  const diff = unifiedDiff(many('a'), many('b'), { expectedName: 'x', actualName: 'y', maxLines: 50 });
  t.is(diff.length, 53);
  t.is(diff[52], '... 2951 more diff lines');
});

test('counts add up and end a run in one line', (t) => {
  const two = addCounts({ ...NO_COUNTS, passed: 2 }, { passed: 1, failed: 1, skipped: 0 });
  t.is(countsLine(two), '3 passed, 1 failed');
  t.is(countsLine({ ...two, skipped: 4 }), '3 passed, 1 failed, 4 skipped');
});
