// Compiles src/ into dist/, one file to one file, whenever anything in src/ is newer than the last build. One emitter
// serves `npm ci` (by way of `prepare`) and every later start, so that there is no second way in which a source line
// could become code. Files are swapped in whole and only where they changed: a run that started before keeps its modules.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');
const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, '.built');

/** Files under a folder, as absolute paths, in the order in which the file system lists them. */
function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** When a file was last changed, in ms; 0 if there is none. */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Whether src/ has anything newer than the last build, or other files than it had. A package without src/ is fresh. */
function isStale(sources) {
  const built = changedAt(STAMP);
  if (built === 0) return true;
  if (sources.some((path) => changedAt(path) > built)) return true;
  return readFileSync(STAMP, 'utf8') !== listing(sources);
}

function listing(sources) {
  return sources
    .map((path) => relative(SRC, path))
    .sort((a, b) => (a < b ? -1 : 1))
    .join('\n');
}

/** Puts a file in place as a whole, unless it is there already. */
function put(path, bytes) {
  if (changedAt(path) > 0 && Buffer.compare(readFileSync(path), bytes) === 0) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, path);
}

/** Keeps every import as it stands, `.ts` turned into `.js`: one module of src/ stays one module of dist/. */
const KEEP_IMPORTS = {
  name: 'keep-imports',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'entry-point'
        ? undefined
        : { path: /^\.\.?\//.test(path) ? path.replace(/\.ts$/, '.js') : path, external: true },
    );
  },
};

async function compile(sources) {
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: sources.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts')),
    bundle: true,
    treeShaking: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outbase: SRC,
    outdir: DIST,
    write: false,
    sourcemap: 'linked',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, target: 'ES2023' } },
    plugins: [KEEP_IMPORTS],
    logLevel: 'silent',
  });
  return result.outputFiles;
}

async function rebuild(sources) {
  const startedAt = new Date();
  const outputs = await compile(sources);
  const kept = new Set(outputs.map((file) => file.path));
  for (const file of outputs) put(file.path, Buffer.from(file.contents));
  for (const path of sources.filter((source) => !source.endsWith('.ts'))) {
    const copy = join(DIST, relative(SRC, path));
    put(copy, readFileSync(path));
    kept.add(copy);
  }
  for (const path of filesUnder(DIST)) {
    if (!kept.has(path) && changedAt(path) < startedAt.getTime()) rmSync(path, { force: true });
  }
  put(STAMP, Buffer.from(listing(sources)));
  const { utimesSync } = await import('node:fs');
  utimesSync(STAMP, startedAt, startedAt);
}

/** Brings dist/ up to date with src/; does nothing but a look at the time stamps when it already is. */
export async function freshen() {
  const sources = statSync(SRC, { throwIfNoEntry: false }) ? filesUnder(SRC) : [];
  if (sources.length === 0 || !isStale(sources)) return;
  try {
    await rebuild(sources);
  } catch (error) {
    for (const { location, text } of error.errors ?? [{ text: String(error) }]) {
      process.stderr.write(`${location ? `${location.file}:${location.line}:${location.column + 1} ` : ''}${text}\n`);
    }
    process.stderr.write('raftgate: src/ does not compile, and dist/ is older than src/\n');
    process.exit(70);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await freshen();
