// Bundles the simulator, the raft scenarios and the core into one file, with a mutant's changes made to the text of the
// core as it is read. The files stay as they are, and the core of everybody else holds no trace of any bug.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { BuildContext, Plugin } from 'esbuild';
import { mutated, type Mutant } from '../search/mutants/index.ts';
import { PACKAGE_ROOT } from './compile-scenario.ts';

const CORE = join(PACKAGE_ROOT, 'src', 'raft');

/** Makes bundles, one mutant after the other. */
export class HuntBuilder {
  readonly #folder = mkdtempSync(join(tmpdir(), 'raftgate-hunt-'));
  readonly #scenarioFiles: readonly string[];
  #context: BuildContext<{ write: false }> | null = null;
  #mutant: Mutant | null = null;

  /** @param scenarioFiles absolute paths */
  constructor(scenarioFiles: readonly string[]) {
    this.#scenarioFiles = scenarioFiles;
  }

  /** The file of a bundle with a mutant in it; with none in it for null. @throws InvariantError MUTANT_TEXT */
  async build(mutant: Mutant | null): Promise<string> {
    this.#mutant = mutant;
    this.#context ??= await this.#open();
    const { outputFiles } = await this.#context.rebuild();
    const file = join(this.#folder, `${mutant?.id ?? 'none'}.cjs`);
    writeFileSync(file, outputFiles[0]!.contents);
    return file;
  }

  async close(): Promise<void> {
    await this.#context?.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #open(): Promise<BuildContext<{ write: false }>> {
    const { context } = await import('esbuild');
    return await context({
      stdin: { contents: this.#entry(), resolveDir: PACKAGE_ROOT, loader: 'js' },
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      define: { 'import.meta.url': '"file:///raftgate/dist/hunt/bundle.js"' },
      tsconfigRaw: { compilerOptions: { target: 'ES2023' } },
      plugins: [this.#changes()],
      logLevel: 'silent',
    });
  }

  /** A module that imports every scenario and hunts with them. */
  #entry(): string {
    const imports = this.#scenarioFiles.map((file, i) => `import s${i} from ${JSON.stringify(file)};`);
    const child = join(PACKAGE_ROOT, 'src', 'cli', 'hunt-child.ts');
    const all = this.#scenarioFiles.map((_, i) => `s${i}`).join(', ');
    return `import { huntHere } from ${JSON.stringify(child)};\n${imports.join('\n')}\nhuntHere([${all}].flat());\n`;
  }

  #changes(): Plugin {
    return {
      name: 'mutant',
      setup: (build) => {
        build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
          if (dirname(path) !== CORE) return null;
          const source = readFileSync(path, 'utf8');
          const contents = this.#mutant === null ? source : mutated(this.#mutant, basename(path), source);
          return { contents, loader: 'ts' };
        });
      },
    };
  }
}
