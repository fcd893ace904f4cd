// Every refusal text of the admin service that is not about a request's own fields, in one place. Operators and scripts
// match on these texts and codes; an engine error that leaks out unmapped reads as Unknown, and a client cannot tell
// "ask the leader" from "give up".
import { Code, InvariantError, StatusError } from '../base/errors.ts';
import { isMissing } from '../fsm/encryption/sidecar.ts';
import { Failure } from '../fsm/failure.ts';
import { EngineError } from './ports.ts';
import type { ContextEnd, SidecarState } from './ports.ts';

/** Refuses with FailedPrecondition. */
export function failedPrecondition(text: string): StatusError {
  return new StatusError(Code.FailedPrecondition, `encryption: ${text}`);
}

/** Refuses with InvalidArgument. */
export function invalidArgument(text: string): StatusError {
  return new StatusError(Code.InvalidArgument, `encryption: ${text}`);
}

export const NO_PATH = 'sidecar path is not configured on this node';
export const NO_PROPOSER = 'proposer is not configured on this node';
export const UNSAFE_LATCH =
  'raft envelope cutover outcome is unsafe on this process; refusing non-cutover admin proposals until restart';

const CONTEXT_CODE: Readonly<Record<ContextEnd, Code>> = {
  canceled: Code.Canceled,
  deadline: Code.DeadlineExceeded,
};
const CONTEXT_WORDS: Readonly<Record<ContextEnd, string>> = { canceled: 'canceled', deadline: 'deadline exceeded' };

/** How a call's context ended, if that is why it failed. */
export function contextEndOf(error: unknown): ContextEnd | null {
  if (!(error instanceof EngineError)) return null;
  return error.kind === 'canceled' || error.kind === 'deadline' ? error.kind : null;
}

/** The text of anything a port may throw. A bug of ours is not a refusal: it passes through. */
export function textOf(error: unknown): string {
  if (error instanceof InvariantError) throw error;
  return error instanceof Error ? error.message : String(error);
}

/**
 * A failed wait as a status: `<what> canceled: …` or `<what> deadline exceeded: …` under the context's own code, else
 * `<what> <otherwise>: …` under the given one.
 */
export function waitRefusal(error: unknown, what: string, code: Code, otherwise: string): StatusError {
  const text = textOf(error);
  const end = contextEndOf(error);
  if (end !== null) return new StatusError(CONTEXT_CODE[end], `encryption: ${what} ${CONTEXT_WORDS[end]}: ${text}`);
  return new StatusError(code, `encryption: ${what} ${otherwise}: ${text}`);
}

/** A failed wait of the barrier: one text, the code alone tells a context's end from a failure. */
export function barrierRefusal(error: unknown, step: string): StatusError {
  const end = contextEndOf(error);
  const code = end === null ? Code.Unavailable : CONTEXT_CODE[end];
  return new StatusError(code, `encryption: ${step}: ${textOf(error)}`);
}

/** A proposal the engine did not carry through. @source admin.md §5 */
export function proposeRefusal(error: unknown, opcode: number): StatusError {
  const what = `propose 0x${opcode.toString(16).padStart(2, '0')}`;
  const kind = error instanceof EngineError ? error.kind : 'other';
  if (kind === 'notLeader' || kind === 'leadershipLost' || kind === 'transferInProgress') {
    return failedPrecondition(`${what} rejected by raft engine: ${textOf(error)}`);
  }
  return waitRefusal(error, what, Code.Unavailable, 'failed');
}

/** The sidecar, or the status its absence is answered with. @throws StatusError @source admin.md §5 */
export function sidecarOrRefuse(read: SidecarState | Failure): SidecarState {
  if (!(read instanceof Failure)) return read;
  if (isMissing(read)) throw failedPrecondition('sidecar file is missing');
  if (read.code === 'ErrSidecarVersion') throw failedPrecondition(read.text);
  throw new StatusError(Code.Internal, `encryption: read sidecar: ${read.text}`);
}
