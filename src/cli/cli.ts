// What a command may touch of the host: where it prints, which folder it stands in, whether anybody watches. Commands
// get this instead of `process`, so that a test can run one whole and read what a person would have read.
import type { CommandContext } from '@stricli/core';
import { paint, type Paint } from '../report/layout.ts';
import type { Exit } from './exit.ts';

/** The context of every command. */
export interface Cli extends CommandContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether standard error is a terminal: only then is there a progress line. */
  readonly watched: boolean;
  /** How many columns that terminal has. */
  readonly terminalColumns: number;
  readonly paint: Paint;
  /** Sets the exit code; of several, the first that is not 0 stays. */
  readonly exit: (code: Exit) => void;
}

/** The context of this process. */
export function hostCli(host: NodeJS.Process): Cli {
  const colour = host.stdout.isTTY === true && (host.env['NO_COLOR'] ?? '') === '' && host.env['TERM'] !== 'dumb';
  return {
    process: host,
    cwd: host.cwd(),
    env: host.env,
    out: (text) => void host.stdout.write(text),
    err: (text) => void host.stderr.write(text),
    watched: host.stderr.isTTY === true,
    terminalColumns: host.stderr.columns ?? 80,
    paint: paint(colour),
    exit: (code) => {
      if (code !== 0 && (host.exitCode ?? 0) === 0) host.exitCode = code;
    },
  };
}
