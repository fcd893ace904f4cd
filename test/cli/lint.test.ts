// The linter is one of the two guards of determinism, so it is tested like one: what it must refuse is planted in a file
// of a pure layer, and the name of the ban it broke is read back.
import test, { type ExecutionContext } from 'ava';
import { ESLint } from 'eslint';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('../..', import.meta.url));
const eslint = new ESLint({ cwd });

/** The messages for a text, as if it stood in a file of the repository. */
async function complaints(text: string, filePath = 'src/sim/kernel/fingerprint.ts'): Promise<string[]> {
  const results = await eslint.lintText(text, { filePath });
  return (results[0]?.messages ?? []).map((m) => `${m.ruleId ?? 'parse'}: ${m.message}`);
}

/** Asserts that a text is refused, and by the ban of that name. */
async function refused(t: ExecutionContext, text: string, ban: RegExp, filePath?: string): Promise<void> {
  const found = await complaints(text, filePath);
  t.true(
    found.some((message) => ban.test(message)),
    `${text}\n${found.join('\n') || 'no complaint'}`,
  );
}

test('a wall clock in a pure layer is refused', async (t) => {
  await refused(t, 'export const now = (): number => Date.now();\n', /no-restricted-globals.*Date/);
  await refused(t, 'export const now = (): number => performance.now();\n', /no-restricted-globals.*performance/);
  await refused(t, 'export const later = (f: () => void): unknown => setTimeout(f, 1);\n', /setTimeout/);
});

test('randomness that no seed names is refused', async (t) => {
  await refused(t, 'export const draw = (): number => Math.random();\n', /one-prng/);
});

test('arithmetic that engines may round differently is refused', async (t) => {
  await refused(t, 'export const f = (x: number): number => Math.exp(x);\n', /exact-math/);
  await refused(t, 'export const f = (x: number): number => x ** 2;\n', /exact-math/);
});

test('the queue of the host is refused', async (t) => {
  await refused(t, 'export const f = async (): Promise<void> => {};\n', /no-async/);
  await refused(t, 'export const f = (): unknown => Promise.resolve(1);\n', /no-async/);
});

test('module-level state and the environment are refused', async (t) => {
  await refused(t, 'let n = 0;\nexport const f = (): number => n++;\n', /no-ambient/);
  await refused(t, 'export const f = (): unknown => process.env;\n', /process/);
});

const walks: readonly (readonly [string, string])[] = [
  ['for of a Map', 'export const f = (m: Map<number, string>): void => { for (const e of m) void e; };'],
  [
    'for of the keys of a Map',
    'export const f = (m: Map<number, string>): void => { for (const k of m.keys()) void k; };',
  ],
  ['forEach of a Set', 'export const f = (s: Set<number>): void => s.forEach((x) => void x);'],
  ['a spread of a Set', 'export const f = (s: ReadonlySet<number>): number[] => [...s];'],
  ['a spread sorted too late', 'export const f = (s: Set<number>): number[] => { const a = [...s]; return a; };'],
  ['Array.from of a Map', 'export const f = (m: Map<number, string>): string[] => Array.from(m.values());'],
  ['an iterator kept', 'export const f = (m: Map<number, string>): unknown => m.values();'],
  ['a Set of an alias', 'type Ids = Set<number>;\nexport const f = (s: Ids): number[] => [...s];'],
  ['an argument spread', 'export const f = (s: Set<number>): number => Math.max(...s);'],
  ['Object.fromEntries', 'export const f = (m: Map<string, number>): object => Object.fromEntries(m);'],
  ['a typed array of a Set', 'export const f = (s: Set<number>): Int32Array => new Int32Array(s);'],
];

for (const [name, text] of walks) {
  test(`unordered iteration is refused: ${name}`, (t) => refused(t, `${text}\n`, /raftgate\/ordered-iteration/));
}

test('a Map or Set that is sorted on the spot, looked up or copied is let through', async (t) => {
  const fine = [
    'export const a = (s: Set<number>): number[] => [...s].sort((x, y) => x - y);',
    'export const b = (m: Map<number, string>): number[] => Array.from(m.keys()).toSorted((x, y) => x - y);',
    'export const c = (m: Map<number, string>): string | undefined => (m.has(1) && m.size > 0 ? m.get(1) : undefined);',
    'export const d = (m: Map<number, string>): Map<number, string> => new Map(m);',
    'export const e = (m: Map<number, string>): Set<number> => new Set(m.keys());',
    'export const f = (a: number[]): number[] => [...a, ...a.keys()];',
  ];
  t.deepEqual(await complaints(`${fine.join('\n')}\n`), []);
});

test('default sorts, locales and for-in are refused', async (t) => {
  await refused(t, 'export const f = (a: number[]): number[] => a.sort();\n', /ordered-iteration/);
  await refused(t, 'export const f = (a: string, b: string): number => a.localeCompare(b);\n', /ordered-iteration/);
  await refused(t, 'export const f = (o: object): void => { for (const k in o) void k; };\n', /ordered-iteration/);
});

test('an import that reaches upwards is refused', async (t) => {
  const upwards = "import { seedSource } from '../sim/kernel/seed-source.ts';\nexport const f = seedSource;\n";
  await refused(t, upwards, /boundaries.*gate may not import/, 'src/gate/formula.ts');
  await refused(
    t,
    "import { Raft } from './raft.ts';\nimport { assert } from '../base/assert.ts';\nexport { Raft, assert };\n",
    /raft may not import/,
    'src/raft/quorum.ts',
  );
});

test('a value import where only types are allowed is refused', async (t) => {
  const value =
    "import { Opcode } from './opcodes.ts';\nimport { EntryType } from '../raft/types.ts';\nexport const f = [Opcode, EntryType];\n";
  await refused(t, value, /fsm may not import/, 'src/fsm/state-machine.ts');
});

test('a package or a part of the host that a layer has no right to is refused', async (t) => {
  await refused(
    t,
    "import { readFileSync } from 'node:fs';\nexport const f = readFileSync;\n",
    /may not import node:fs/,
  );
  await refused(
    t,
    "import { and } from 'xstate';\nexport const f = and;\n",
    /may not import xstate/,
    'src/raft/quorum.ts',
  );
});

test('the layers that face the host are free of the bans of the pure ones', async (t) => {
  t.deepEqual(await complaints('export const now = (): number => Date.now();\n', 'src/cli/exit.ts'), []);
});
