// How a recorded outcome and ours are set side by side. The class always counts, and so does the text, except where it
// is another library's: Go's JSON decoder and protobuf runtime word their complaints in their own way, and to copy that
// would prove nothing about the system under study.
import { InputError } from '../../base/errors.ts';
import { fromHex, toHex } from '../../base/bytes.ts';
import type { Failure } from '../../fsm/failure.ts';
import { unifiedDiff } from '../diff.ts';

/** The fields in which a recording says how a call ended. */
export interface RecordedOutcome {
  readonly ok?: boolean;
  readonly error?: string;
  readonly error_class?: string;
  readonly error_classes?: readonly string[];
  /** Another spelling of `error_class`. */
  readonly class?: string;
}

/** Where a foreign library's own words begin: what precedes must be equal, what follows need not be. */
const FOREIGN = [/(encryption: parse sidecar "[^"]*": ).*$/s, /^(proto: ).*$/s];

/** What differs between a recorded outcome and ours; null if nothing does. @param failed null for success */
export function compareOutcome(recorded: RecordedOutcome, failed: Failure | null): string | null {
  const ok = recorded.ok ?? recorded.error === undefined;
  if (ok) return failed === null ? null : `want ok, got ${failed.code} ${JSON.stringify(failed.text)}`;
  if (failed === null) return `want the error ${JSON.stringify(recorded.error)}, got ok`;
  const want = classesOf(recorded);
  const got = failed.code === '' ? '' : failed.code;
  if (want !== null && want !== got) return `want class ${want || '(none)'}, got ${got || '(none)'}: ${failed.text}`;
  return recorded.error === undefined ? null : compareErrorText(recorded.error, failed.text);
}

/** The recorded class; null if the recording names none at all. */
function classesOf(recorded: RecordedOutcome): string | null {
  return recorded.error_classes?.join(' ') ?? recorded.error_class ?? recorded.class ?? null;
}

/** What differs between two error texts, foreign words aside. */
export function compareErrorText(want: string, got: string): string | null {
  return compareText('error text', own(want), own(got));
}

function own(text: string): string {
  for (const foreign of FOREIGN) if (foreign.test(text)) return text.replace(foreign, '$1…');
  return text;
}

/** What differs between two texts: one line if both are short, else a unified diff. */
export function compareText(what: string, want: string, got: string): string | null {
  if (want === got) return null;
  if (want.length + got.length < 200 && !want.includes('\n')) {
    return `${what}: want ${JSON.stringify(want)}, got ${JSON.stringify(got)}`;
  }
  const diff = unifiedDiff(want, got, { expectedName: `${what} (recorded)`, actualName: `${what} (ours)` });
  return `${what} differs\n${diff.join('\n')}`;
}

/** What differs between recorded bytes in hexadecimal and ours. */
export function compareHex(what: string, want: string, got: Uint8Array): string | null {
  return compareText(what, want, toHex(got));
}

/** What differs between two plain values, compared by their JSON with members in the given order. */
export function compareJson(what: string, want: unknown, got: unknown): string | null {
  return compareText(what, JSON.stringify(want) ?? 'undefined', JSON.stringify(got) ?? 'undefined');
}

/** Bytes of a recorded hexadecimal field; a recording that is not hexadecimal fails its case. */
export function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === null)
    throw new InputError('CNF001', `the recording has ${JSON.stringify(text)} where bytes in hexadecimal belong`);
  return bytes;
}
