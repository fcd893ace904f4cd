// What no linter of others says: files stay small and open with their reason, functions fit a screen, exports are
// explained, and nothing of the machine it was written on stays in the text.
import test from 'ava';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;

interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file of some folders. */
function sources(...folders: readonly string[]): SourceText[] {
  return folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => ({ path: relative(ROOT, file), text: readFileSync(file, 'utf8') })),
    );
}

const ours = sources('src');
const all = [
  ...ours,
  ...sources('test', 'scenarios', 'bench', 'tools').filter(({ path }) => !path.includes('fixtures')),
];

function parsed({ path, text }: SourceText): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
}

function lineOf(file: ts.SourceFile, position: number): number {
  return file.getLineAndCharacterOfPosition(position).line + 1;
}

/** Walks a tree. */
function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

test('no file is longer than 400 lines', (t) => {
  const long = all.filter(({ text }) => text.split('\n').length - 1 > MAX_FILE_LINES).map(({ path }) => path);
  t.deepEqual(long, []);
});

test('every file of src opens with a comment of at least one sentence', (t) => {
  const bare = ours.filter(({ text }) => !/^(\/\/ |\/\*\*? ?)[\s\S]*?[.:?]\s/.test(text)).map(({ path }) => path);
  t.deepEqual(bare, []);
});

test('no function is longer than 60 lines', (t) => {
  const long: string[] = [];
  for (const source of ours) {
    const file = parsed(source);
    visit(file, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
      const first = lineOf(file, node.getStart(file));
      const lines = lineOf(file, node.end) - first + 1;
      if (lines > MAX_FUNCTION_LINES) long.push(`${source.path}:${first} ${lines} lines`);
    });
  }
  t.deepEqual(long, []);
});

function isExported(node: ts.Node): boolean {
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  return modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
}

/** Overloads and companion types share the comment of the first declaration of a name. */
function undocumented(source: SourceText): string[] {
  const file = parsed(source);
  const documented = new Set<string>();
  const missing: string[] = [];
  for (const node of file.statements) {
    if (!isExported(node)) continue;
    const names = ts.isVariableStatement(node)
      ? node.declarationList.declarations.map((d) => d.name.getText(file))
      : [(node as ts.DeclarationStatement).name?.getText(file) ?? ''];
    if (ts.getJSDocCommentsAndTags(node).length > 0) names.forEach((name) => documented.add(name));
    else missing.push(...names.filter((name) => !documented.has(name)).map((name) => `${source.path} ${name}`));
  }
  return missing;
}

test('every exported function and class of src says in a comment what it is', (t) => {
  const missing = ours.flatMap((source) =>
    undocumented(source).filter((entry) => {
      const name = entry.split(' ')[1] ?? '';
      return new RegExp(`export (abstract )?(function\\*?|class) ${name}\\b`).test(source.text);
    }),
  );
  t.deepEqual(missing, []);
});

test('nothing names a folder of the machine it was written on', (t) => {
  const machine = new RegExp(['/work', '/home/', '/root'].map((path) => `(?<![\\w.])${path}(?=/)`).join('|'));
  t.deepEqual(
    all.filter(({ text }) => machine.test(text)).map(({ path }) => path),
    [],
  );
});

test('nothing is left to do, skipped or focused', (t) => {
  const marks = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', `test\\.(only|todo)\\(`].join('|'));
  const left = all.filter(({ text, path }) => path !== 'test/tidy.test.ts' && marks.test(text)).map(({ path }) => path);
  t.deepEqual(left, []);
});
