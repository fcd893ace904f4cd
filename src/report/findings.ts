// What became of findings since the last run: one line each, and how many of each kind. A reader of a build's log looks for
// "new" and "regressed"; the rest is there to be counted.
import type { KeptFinding } from '../search/index.ts';
import { columns, grouped } from './layout.ts';

const STATES = ['new', 'regressed', 'ongoing', 'resolved'] as const;

/** The findings in lines, most urgent first. @param quiet leave out what is known */
export function findingLines(findings: readonly KeptFinding[], quiet: boolean): string[] {
  const told = STATES.flatMap((state) => findings.filter((one) => one.state === state)).filter(
    ({ state }) => !quiet || state === 'new' || state === 'regressed',
  );
  const rows = told.map(({ state, property, code, fingerprint }) => [state, fingerprint, `${property} (${code})`]);
  const lines = columns(rows).flatMap((line, i) => [line, ...placeLines(told[i]!)]);
  const counts = STATES.map((state) => `${grouped(findings.filter((one) => one.state === state).length)} ${state}`);
  return quiet && told.length === 0 ? [] : ['', ...lines, ` findings: ${counts.join(', ')}`];
}

function placeLines({ scenario, tape }: KeptFinding): string[] {
  return [`   ${scenario}${tape === '' ? '' : `, ${tape}`}`];
}
