// Writes the table of docs/hunt.md: every known bug, what caught it, after how many runs, and at what cost. It reads
// what `raftgate hunt --reporter jsonl` printed, so that no figure of the document was ever typed by hand.
//   raftgate hunt --budget 10s --reporter jsonl > hunt.jsonl && npm run measure:hunt -- hunt.jsonl
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../measure-kit/corpus.ts';
import { table } from '../measure-kit/document.ts';

const DOCUMENT = join(ROOT, 'docs/hunt.md');
const FROM = '<!-- measured by: npm run measure:hunt -->';
const TO = '<!-- end of measure:hunt -->';

interface Row {
  readonly kind: 'mutant' | 'hunt';
  readonly id: string;
  readonly bug: string;
  readonly breaks: string;
  readonly verdict: string;
  readonly runs: number;
  readonly cpuMs: number;
  readonly caught: { readonly property: string; readonly code: string; readonly scenario: string } | null;
}

function cells({ id, bug, breaks, verdict, runs, cpuMs, caught }: Row): (string | number)[] {
  const by = caught === null ? verdict : `\`${caught.property}\`: ${caught.code}`;
  const where = caught === null ? '' : caught.scenario.replace(/^raft\//, '');
  return [id, bug, breaks, by, where, runs, (cpuMs / 1000).toFixed(1)];
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('which file did `raftgate hunt --reporter jsonl` print to?');
const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
const all = lines.map((line) => JSON.parse(line) as Row).filter(({ kind }) => kind === 'mutant');
const mutants = all.filter(({ id }) => id !== 'none');
const control = all.find(({ id }) => id === 'none');
const caught = mutants.filter((row) => row.caught !== null);
const properties = new Set(caught.map((row) => row.caught!.property));
const body = [
  `${caught.length} of ${mutants.length} caught, by ${properties.size} properties.`,
  ...(control === undefined
    ? []
    : [`The core as it is: ${control.verdict}, ${control.runs} runs in ${(control.cpuMs / 1000).toFixed(1)} s.`]),
  '',
  ...table(['', 'bug', 'breaks', 'caught by', 'in `raft/…`', 'runs', 'CPU s'], mutants.map(cells)),
];
const text = readFileSync(DOCUMENT, 'utf8');
const [start, end] = [text.indexOf(FROM), text.indexOf(TO)];
if (start < 0 || end < start) throw new Error('docs/hunt.md has lost its marks');
writeFileSync(DOCUMENT, `${text.slice(0, start + FROM.length)}\n\n${body.join('\n')}\n\n${text.slice(end)}`);
process.stdout.write(`${body[0]!}\n`);
