// Findings over time. A violation with the cause of a known one is the same finding, however different its run; one that was
// gone and is back has regressed. The file is meant to be committed, so it is sorted, and what does not change in the
// world does not change in it.
import { InputError } from '../base/errors.ts';
import { byCodeUnits } from '../base/text.ts';

/** One finding as it is kept. */
export interface KeptFinding {
  readonly scenario: string;
  readonly fingerprint: string;
  readonly property: string;
  readonly code: string;
  readonly state: 'new' | 'ongoing' | 'resolved' | 'regressed';
  /** Tape that shows it; empty where none is kept. */
  readonly tape: string;
}

/** What a search found now. */
export type SeenFinding = Pick<KeptFinding, 'scenario' | 'fingerprint' | 'property' | 'code' | 'tape'>;

/**
 * Brings kept findings up to date.
 * @param searched scenarios whose search ran to its end: what is not seen in them any more is resolved
 */
export function mergeFindings(
  before: readonly KeptFinding[],
  seen: readonly SeenFinding[],
  searched: readonly string[],
): KeptFinding[] {
  const isSame = (one: SeenFinding, other: SeenFinding): boolean =>
    one.scenario === other.scenario && one.fingerprint === other.fingerprint;
  const now = seen
    .filter((finding, i) => seen.findIndex((other) => isSame(finding, other)) === i)
    .map((finding): KeptFinding => {
      const known = before.find((other) => isSame(other, finding));
      if (known === undefined) return { ...finding, state: 'new' };
      const tape = finding.tape === '' ? known.tape : finding.tape;
      return { ...finding, tape, state: known.state === 'resolved' ? 'regressed' : 'ongoing' };
    });
  const gone = before
    .filter((known) => !now.some((finding) => isSame(finding, known)))
    .map((known): KeptFinding => (searched.includes(known.scenario) ? { ...known, state: 'resolved' } : known));
  return [...now, ...gone].sort(
    (a, b) => byCodeUnits(a.scenario, b.scenario) || byCodeUnits(a.fingerprint, b.fingerprint),
  );
}

/** One finding a line. */
export function writeFindings(findings: readonly KeptFinding[]): string {
  return findings.map((finding) => `${JSON.stringify(finding)}\n`).join('');
}

/** @param file where it stands, for errors. @throws InputError CLI003 naming the line that is not a finding */
export function readFindings(text: string, file: string): KeptFinding[] {
  const lines = text.split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const finding = parsed(line);
    if (finding === null) throw new InputError('CLI003', 'the line is not a finding', { file, line: i + 1 });
    return [finding];
  });
}

function parsed(line: string): KeptFinding | null {
  try {
    const value = JSON.parse(line) as Partial<KeptFinding>;
    const isWhole = [value.scenario, value.fingerprint, value.property, value.code, value.state, value.tape].every(
      (field) => typeof field === 'string',
    );
    return isWhole ? (value as KeptFinding) : null;
  } catch {
    return null;
  }
}
