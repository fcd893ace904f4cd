// Failures that cross a thread. A thrown error arrives on the other side without its class and its fields; an error of the
// user's would come out as a bug of ours. So they travel as data and are thrown anew.
import { InputError, InvariantError, type InputCode, type InputPlace } from '../base/errors.ts';

/** A failure as data. */
export type Failure =
  | { readonly kind: 'input'; readonly code: InputCode; readonly message: string; readonly at: InputPlace | null }
  | { readonly kind: 'bug'; readonly code: string; readonly detail: string; readonly stack: string };

/** What a task came to. */
export type Outcome<T> = { readonly value: T } | { readonly failure: Failure };

/** An error as data. */
export function asFailure(error: unknown): Failure {
  if (error instanceof InputError) return { kind: 'input', code: error.code, message: error.message, at: error.at };
  const text = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? text) : text;
  if (error instanceof InvariantError) return { kind: 'bug', code: error.code, detail: error.detail, stack };
  return { kind: 'bug', code: 'UNEXPECTED', detail: text, stack };
}

/** The value of a task. @throws InputError or InvariantError as the task did */
export function valueOf<T>(outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value;
  const { failure } = outcome;
  if (failure.kind === 'input') throw new InputError(failure.code, failure.message, failure.at);
  const error = new InvariantError(failure.code, failure.detail);
  error.stack = failure.stack;
  throw error;
}
