// The three ways something can go wrong outside a replicated log, and the one list of codes a user can meet.
// Everything a real cluster answers with (dropped proposal, halt, refusal) is a returned value instead: see the
// architecture's section on errors. Without this split a bug of the simulator reads like a bug of the user's gate.

/** gRPC status codes, by name and number. @source google.rpc.Code */
export const Code = {
  Ok: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
} as const;
export type Code = (typeof Code)[keyof typeof Code];

const CODE_NAMES: readonly string[] = Object.keys(Code).map((name) => (name === 'Ok' ? 'OK' : name));

/** The Go spelling of a gRPC code (`FailedPrecondition`). */
export function codeName(code: Code): string {
  return CODE_NAMES[code] ?? `Code(${code})`;
}

/** A refusal at an RPC boundary: code and text as the real service gives them. */
export class StatusError extends Error {
  readonly code: Code;
  constructor(code: Code, message: string) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
  }
}

/** Where bad input stands; line and column start at 1. */
export interface InputPlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** Codes of bad input, one line each: what it means. A test proves that each can be produced. */
export const INPUT_CODES = {
  SCN001: 'a scenario file throws or exports no scenario',
  SCN002: 'two scenarios, nodes, groups, builds, atoms or properties share a name',
  SCN003: 'a plan or fault names a group that is not in the cluster',
  SCN004: 'a plan or fault names a node that is not in the cluster',
  SCN005: 'a gate names an atom the subject does not define, or one it may not read',
  SCN006: 'a plan calls an RPC the subject does not define',
  SCN007: 'an expectation names a property the scenario does not have',
  SCN008: 'a plan or expectation names an unknown build',
  SCN009: 'a value is out of range or of the wrong form',
  SCN010: 'a build or RPC names an opcode the subject does not define',
  CLI001: 'no scenario matches the pattern',
  CLI002: 'a flag has a bad value',
  CLI003: 'a file cannot be read',
  CLI004: 'a port cannot be bound',
  CNF001: 'a conformance script is not well formed',
  TAP001: 'a tape is not readable: truncated or damaged',
  TAP002: 'a tape belongs to another scenario',
  TAP003: 'a tape no longer applies',
} as const;
export type InputCode = keyof typeof INPUT_CODES;

/** Bad input of a user: what, where, and how to go on. The command line prints it as `file:line:column CODE message`. */
export class InputError extends Error {
  readonly code: InputCode;
  readonly at: InputPlace | null;
  constructor(code: InputCode, message: string, at: InputPlace | null = null) {
    super(message);
    this.name = 'InputError';
    this.code = code;
    this.at = at;
  }
}

/** A bug of ours. Caught in `sim/run.ts` alone, where the seed and the last events are at hand. */
export class InvariantError extends Error {
  readonly code: string;
  readonly detail: string;
  constructor(code: string, detail: string) {
    super(`${code}: ${detail}`);
    this.name = 'InvariantError';
    this.code = code;
    this.detail = detail;
  }
}
