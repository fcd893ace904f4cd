// Where the core's log lines go, and how it spells ids in them. The port is optional: with no logger no text is ever
// built, so a run of a million messages pays one comparison for each line it does not print. Panics take the same way
// before they throw.
import { RaftInvariantError } from './invariant.ts';
import { APPEND_THREAD, APPLY_THREAD, NONE, type RaftId } from './types.ts';

/** Severity of a line. @source rafttest log levels */
export const LogLevel = { Debug: 0, Info: 1, Warn: 2, Error: 3, Fatal: 4, None: 5 } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** How small ids read in text: the hexadecimal and the decimal form of the uint64 each stands for. */
export interface IdNames {
  hex(id: RaftId): string;
  dec(id: RaftId): string;
}

/** Ids that stand for themselves. */
export const PLAIN_IDS: IdNames = {
  hex: (id) => id.toString(16),
  dec: (id) => String(id),
};

/** A receiver of log lines, in the order in which the core acts. */
export interface LogPort {
  readonly ids: IdNames;
  log(level: LogLevel, text: string): void;
}

/** The text of a sender or recipient. @source etcd describeTarget */
export function describeTarget(id: RaftId, ids: IdNames): string {
  if (id === NONE) return 'None';
  if (id === APPEND_THREAD) return 'AppendThread';
  if (id === APPLY_THREAD) return 'ApplyThread';
  return ids.hex(id);
}

/** Logs a fatal line, if anyone listens, and throws it. @throws RaftInvariantError */
export function panic(logger: LogPort | null, text: string): never {
  logger?.log(LogLevel.Fatal, text);
  throw new RaftInvariantError(text);
}
