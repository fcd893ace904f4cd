// Turns scenario files, TypeScript wherever they stand, into modules that share our own instance of raftgate. Whatever
// a scenario imports of raftgate, by package name or by path into src/, becomes the very module this process runs:
// with two instances the checks of one would not know the errors of the other. Other packages are resolved from the
// scenario's folder, and from ours where it has none, so that a scenario outside the checkout needs no installation.
// The compiled module is an ordinary file that worker threads import as it is, without a loader of their own.
import type { Loader, Metafile, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InputError } from '../base/errors.ts';

const SELF = import.meta.url;
/** `.js` where we run compiled, `.ts` where a test runs the sources. */
export const OWN_EXTENSION = extname(fileURLToPath(SELF));
/** The folder our modules are loaded from: dist/ or src/. */
const OWN_FOLDER = fileURLToPath(new URL('..', SELF));
/** The package's own folder. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../..', SELF));

const SRC = join(PACKAGE_ROOT, 'src') + sep;
const DIST = join(PACKAGE_ROOT, 'dist') + sep;
const RESOLVING = Symbol('resolving');

/** A scenario file and the module it became. */
export interface CompiledScenario {
  readonly file: string;
  readonly url: string;
  /** Whether another of the files imports this one: it may hold what they share and no scenario of its own. */
  readonly isShared: boolean;
}

/** Where a module of ours, asked for as src/x.ts or dist/x.js, is loaded from; null if it is not ours. */
function ownModule(path: string): string | null {
  const base = path.startsWith(SRC) ? SRC : path.startsWith(DIST) ? DIST : null;
  if (base === null) return null;
  const inside = relative(base, path).replace(/\.(ts|js)$/, OWN_EXTENSION);
  return pathToFileURL(join(OWN_FOLDER, inside)).href;
}

/** `raftgate` and `raftgate/x` as files of src/; null for any other specifier. */
function ownPackage(specifier: string): string | null {
  if (specifier === 'raftgate') return join(SRC, 'index.ts');
  if (specifier.startsWith('raftgate/')) return join(SRC, `${specifier.slice('raftgate/'.length)}.ts`);
  return null;
}

async function resolveImport(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  if (args.kind === 'entry-point' || args.pluginData === RESOLVING) return undefined;
  const bare = args.path.replace(/^node:/, '');
  if (args.path.startsWith('node:') || builtinModules.includes(bare)) return { path: `node:${bare}`, external: true };
  const own = ownModule(ownPackage(args.path) ?? join(args.resolveDir, args.path));
  if (own !== null) return { path: own, external: true };
  const options = { kind: args.kind, importer: args.importer, pluginData: RESOLVING };
  const found = await build.resolve(args.path, { ...options, resolveDir: args.resolveDir });
  if (/^\.{0,2}\//.test(args.path)) return found;
  const chosen =
    found.errors.length === 0 ? found : await build.resolve(args.path, { ...options, resolveDir: PACKAGE_ROOT });
  return chosen.errors.length === 0 ? { path: pathToFileURL(chosen.path).href, external: true } : found;
}

/** A file that asks where it stands gets the answer it would have had without being compiled. */
async function loadWithPlace(path: string): Promise<OnLoadResult | null> {
  const contents = readFileSync(path, 'utf8');
  if (!contents.includes('import.meta')) return null;
  const { transform } = await import('esbuild');
  const loader = extname(path).slice(1).replace(/^[cm]/, '') as Loader;
  const text = (value: string): string => JSON.stringify(value);
  const { code } = await transform(contents, {
    loader,
    sourcefile: path,
    sourcemap: 'inline',
    define: {
      'import.meta.url': text(pathToFileURL(path).href),
      'import.meta.filename': text(path),
      'import.meta.dirname': text(dirname(path)),
    },
  });
  return { contents: code, loader: 'js', resolveDir: dirname(path) };
}

const OWN_INSTANCE: Plugin = {
  name: 'own-instance',
  setup(build) {
    build.onResolve({ filter: /.*/ }, (args) => resolveImport(build, args));
    build.onLoad({ filter: /\.[cm]?[jt]s$/ }, ({ path }) => loadWithPlace(path));
  },
};

let folder: string | null = null;

/** A folder of this process for compiled scenarios; it goes when the process does. */
function outputFolder(): string {
  if (folder === null) {
    const made = mkdtempSync(join(tmpdir(), 'raftgate-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

let batch = 0;

/**
 * Compiles scenario files.
 * @param files absolute paths
 * @throws InputError SCN001 with the place of the first syntax error or unknown import
 */
export async function compileScenarios(files: readonly string[]): Promise<CompiledScenario[]> {
  if (files.length === 0) return [];
  const { build } = await import('esbuild');
  const outdir = join(outputFolder(), String(batch++));
  let shared: ReadonlySet<string>;
  try {
    const { metafile } = await build({
      entryPoints: files.map((file, i) => ({ in: file, out: String(i) })),
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: [],
      sourcemap: 'inline',
      sourcesContent: false,
      tsconfigRaw: { compilerOptions: { target: 'ES2023' } },
      plugins: [OWN_INSTANCE],
      metafile: true,
      logLevel: 'silent',
    });
    shared = importedFiles(metafile);
  } catch (error) {
    throw syntaxError(error);
  }
  const urlOf = (i: number): string => pathToFileURL(join(outdir, `${i}.mjs`)).href;
  return files.map((file, i) => ({ file, url: urlOf(i), isShared: shared.has(file) }));
}

/** The files that others import, as absolute paths. */
function importedFiles(metafile: Metafile): ReadonlySet<string> {
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  return new Set(imports.filter((one) => one.external !== true).map((one) => resolve(one.path)));
}

interface BuildMessage {
  readonly text: string;
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null;
}

function syntaxError(error: unknown): unknown {
  const [first] = (error as { readonly errors?: readonly BuildMessage[] }).errors ?? [];
  if (first === undefined) return error;
  const { text, location } = first;
  return new InputError(
    'SCN001',
    text,
    location === null ? null : { file: location.file, line: location.line, column: location.column + 1 },
  );
}
