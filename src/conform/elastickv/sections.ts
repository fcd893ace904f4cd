// A recorded file is a handful of sections, each a list of cases. Every section of a file must have someone who runs it:
// a section nobody knows is a failed case of its own, because a conformance run that leaves cases out reports a
// fidelity nobody measured.
import type { CaseResult } from './case-result.ts';

/** Runs one case of a section; null if nothing differs. `index` counts from 0. */
export type CaseRunner = (recorded: never, index: number) => string | null;

/** Runners by section. */
export type Sections = Readonly<Record<string, CaseRunner>>;

/** Fields that describe a file and hold no cases. */
const REMARKS = ['source', 'note', 'generator', 'layout', 'title', 'path_token'];

/**
 * Runs every case of every section, in the order of the file.
 * @param parameters fields that hold inputs the runners share, and no cases
 */
export function runSections(
  json: Readonly<Record<string, unknown>>,
  sections: Sections,
  parameters: readonly string[] = [],
): CaseResult[] {
  const results: CaseResult[] = [];
  for (const [section, content] of Object.entries(json)) {
    if (REMARKS.includes(section) || parameters.includes(section)) continue;
    const runner = Object.hasOwn(sections, section) ? sections[section] : undefined;
    if (runner === undefined) {
      results.push({ name: section, problem: 'no runner knows this section' });
      continue;
    }
    const cases: unknown[] = Array.isArray(content) ? content : [content];
    cases.forEach((recorded, index) => {
      results.push({ name: `${section}/${nameOf(recorded, index)}`, problem: guarded(runner, recorded, index) });
    });
  }
  return results;
}

function nameOf(recorded: unknown, index: number): string {
  const name = (recorded as { readonly name?: unknown } | null)?.name;
  return typeof name === 'string' ? `${index} ${name}` : String(index);
}

/** A runner that throws has failed its case, and only that one. */
function guarded(runner: CaseRunner, recorded: unknown, index: number): string | null {
  try {
    return runner(recorded as never, index);
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

/** The first problem of several comparisons. */
export function firstOf(...problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}
