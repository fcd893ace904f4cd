// Keeps the outputs shown in the documentation true: every fenced block that follows `<!-- output of: COMMAND -->` is what
// that command prints now. `npm run docs` writes them anew; a test compares. What time decides is left out of them.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BLOCK = /(<!-- output of: (.+?) -->\n+```\w*\n)([\s\S]*?)(```)/g;

/** Documents that show outputs. */
export const DOCUMENTS: readonly string[] = ['README.md'];

/** What a command prints, from the root of the repository; volatile lines are left out. */
function outputOf(command: string): string {
  const [, ...args] = [...command.matchAll(/"([^"]*)"|\S+/g)].map((word) => word[1] ?? word[0]);
  let text: string;
  try {
    text = execFileSync(process.execPath, [join(ROOT, 'bin/raftgate'), ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  } catch (error) {
    text = (error as { readonly stdout?: string }).stdout ?? '';
  }
  const lines = text.split('\n').filter((line) => !/CPU second/.test(line));
  return `${lines.join('\n').trimEnd()}\n`;
}

/** A document as it stands, and as it should. */
export function checked(document: string): { readonly is: string; readonly should: string } {
  const is = readFileSync(join(ROOT, document), 'utf8');
  const should = is.replace(
    BLOCK,
    (_all, head: string, command: string, _old: string, tail: string) => head + outputOf(command) + tail,
  );
  return { is, should };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const document of DOCUMENTS) writeFileSync(join(ROOT, document), checked(document).should);
}
