// What was judged and how it came out, whatever the command: a scenario, a kept tape, a corpus, a planted bug. The reports
// that build servers and code hosts read know only this, so that no command can fail without their hearing of it.
import type { ScenarioRecord } from './records.ts';

/** One thing that was judged. */
export interface Case {
  readonly name: string;
  /** The file it is written in, or what it belongs to where it has none. */
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** `skipped`: not decided, which nobody required. */
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it did not pass, in a sentence. */
  readonly why: string;
  /** What a person would read about it. */
  readonly detail: string;
  /** What was broken, in a word that stays the same over time. */
  readonly rule: string;
  /** Keeps one finding one over time. */
  readonly fingerprint: string;
  /** The command that shows it again; null where there is none. */
  readonly replay: string | null;
  readonly cpuMs: number;
}

/** The property a record is about; a scenario that should have failed and did not is about its expectation. */
function ruleOf({ findings, neverMet }: ScenarioRecord): string {
  return findings[0]?.property ?? (neverMet.length > 0 ? 'sometimes-never-met' : 'expectation');
}

/**
 * A scenario as a case.
 * @param line of the scenario in its file
 * @param detail what a person reads about it
 */
export function scenarioCase(record: ScenarioRecord, line: number, detail: string): Case {
  const { scenario, file, expected, verdict, why, cpuMs } = record;
  const finding = record.findings[0];
  const rule = ruleOf(record);
  return {
    name: scenario,
    file,
    line,
    outcome: !expected ? 'failed' : verdict === 'inconclusive' ? 'skipped' : 'passed',
    why: why ?? verdict,
    detail,
    rule,
    fingerprint: finding?.fingerprint ?? `${scenario}/${rule}`,
    replay: finding?.replay ?? null,
    cpuMs,
  };
}

/** A case of a command that judges something else than scenarios: a rule of its own, no place but a name. */
export function plainCase(rule: string, given: Pick<Case, 'name' | 'file' | 'outcome' | 'why'> & Partial<Case>): Case {
  return { line: 1, detail: given.why, rule, fingerprint: `${rule}/${given.name}`, replay: null, cpuMs: 0, ...given };
}
