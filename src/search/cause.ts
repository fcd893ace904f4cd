// Why a run breaks a property, short enough to compare: what broke, how, on which entry, under which build. Shrinking keeps
// it, so that a short run is a short run of the same bug and not of another one that breaks the same property.
import type { Scenario } from '../scenario/scenario.ts';
import { hashText } from '../sim/kernel/fingerprint.ts';
import type { TraceEvent } from '../sim/kernel/trace.ts';
import type { RunResult, Violation } from '../sim/verdict.ts';

type Halt = TraceEvent & { readonly kind: 'haltApply' };

/** The code of a halt whose words are the feature's own. */
const SUBJECTS_OWN = 'ErrSubject';
/** Built-in checkers that speak of a halted replica; the others have codes of their own. */
const HALT_CHECKERS: readonly string[] = ['no-apply-halt', 'apply-halted'];

/** Names a cause: what broke, how, on which entry, by which build. Numbers in the words do not count. */
export function causeFingerprint(property: string, code: string, entry: string, build: string): string {
  const text = [property, code.replace(/\d+/g, '#'), entry, build].join('\n');
  const half = (part: string): string => (hashText(part) >>> 0).toString(16).padStart(8, '0');
  return half(text) + half(`${text}\n`);
}

/** The cause of a violation. @param trace of the run, recorded */
export function causeOf(scenario: Scenario, trace: readonly TraceEvent[], violation: Violation): string {
  const { property, code } = violation;
  const halt = haltBehind(scenario, trace, violation);
  if (halt === undefined) return causeFingerprint(property, code, '', '');
  const build = trace.findLast((e) => e.kind === 'start' && e.node === halt.node && e.seq < halt.seq);
  return causeFingerprint(
    property,
    halt.code === SUBJECTS_OWN ? halt.detail : halt.code,
    nameOf(scenario, halt.opcode),
    build?.kind === 'start' ? build.build : '',
  );
}

/** The violation of a run that has the cause looked for; null if none has. */
export function violationWith(
  scenario: Scenario,
  result: RunResult,
  property: string,
  cause: string,
): Violation | null {
  const violation = result.violations.find((one) => one.property === property);
  return violation !== undefined && causeOf(scenario, result.trace, violation) === cause ? violation : null;
}

/** The first halt up to the violation, where a halt can be what broke the property. */
function haltBehind(scenario: Scenario, trace: readonly TraceEvent[], violation: Violation): Halt | undefined {
  const property = scenario.properties.find(({ name }) => name === violation.property);
  if (property?.p === 'builtin' && !HALT_CHECKERS.includes(property.name)) return undefined;
  return trace.find(
    (e): e is Halt =>
      e.kind === 'haltApply' && e.atMs <= violation.atMs && (violation.group === '' || e.group === violation.group),
  );
}

function nameOf(scenario: Scenario, opcode: number): string {
  const opcodes = scenario.builds[0]?.subject.opcodes ?? {};
  return Object.keys(opcodes).find((name) => opcodes[name] === opcode) ?? String(opcode);
}
