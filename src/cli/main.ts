// The entry of the binary. It knows the commands by name and help text only; what a command needs is loaded when it is
// called, so that `--help` costs no more than the text it prints.
import {
  ArgumentScannerError,
  buildApplication,
  buildRouteMap,
  run,
  text_en,
  type ApplicationText,
  type StricliProcess,
} from '@stricli/core';
import { InputError } from '../base/errors.ts';
import { hostCli, type Cli } from './cli.ts';
import { benchCommand } from './commands/bench.ts';
import { conformRoutes } from './commands/conform.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { gateRoutes } from './commands/gate.ts';
import { huntCommand } from './commands/hunt.ts';
import { newCommand } from './commands/new.ts';
import { replayCommand } from './commands/replay.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { serveCommand } from './commands/serve.ts';
import { shrinkCommand } from './commands/shrink.ts';
import { traceCommand } from './commands/trace.ts';
import { Exit, exitCodeOf, failureText } from './exit.ts';
import { foldHelp, prose } from './help-text.ts';
import { version } from './version.ts';

const routes = buildRouteMap<string, Cli>({
  routes: {
    run: runCommand,
    replay: replayCommand,
    shrink: shrinkCommand,
    explain: explainCommand,
    gate: gateRoutes,
    conform: conformRoutes,
    hunt: huntCommand,
    bench: benchCommand,
    serve: serveCommand,
    trace: traceCommand,
    report: reportCommand,
    doctor: doctorCommand,
    new: newCommand,
  },
  docs: {
    brief: 'When may this entry be proposed? A deterministic judge of gating rules',
    fullDescription: prose(
      'Give raftgate a rule that says when an entry may be proposed to a Raft group. It',
      'answers "holds in everything I tried, and here is what I tried", or hands back the',
      'shortest replayable story of how a replica stops.',
      '',
      'Exit codes: 0 everything as expected, expected violations included; 1 not as',
      'expected; 2 usage or scenario error; 3 the budget ended before the bound (only with',
      '--require-complete); 4 the simulator was not deterministic; 5 a tape no longer',
      'applies; 70 internal error.',
    ),
  },
});

/** A value that a flag refused already says what is wrong; the other complaints are the scanner's own. */
function argumentText(exc: unknown): string {
  const cause = exc instanceof ArgumentScannerError && 'exception' in exc ? exc.exception : exc;
  if (cause instanceof InputError) {
    const flag = exc instanceof ArgumentScannerError && 'externalFlagNameOrPlaceholder' in exc;
    return flag
      ? `${cause.code} ${flagText(String(exc.externalFlagNameOrPlaceholder))}: ${cause.message}`
      : failureText(cause);
  }
  return exc instanceof Error ? exc.message : String(exc);
}

function flagText(name: string): string {
  return name.startsWith('-') || /^[A-Z]/.test(name) ? name : `--${name}`;
}

const text: ApplicationText = {
  ...text_en,
  exceptionWhileParsingArguments: argumentText,
  exceptionWhileLoadingCommandFunction: failureText,
  exceptionWhileLoadingCommandContext: failureText,
  exceptionWhileRunningCommand: failureText,
  commandErrorResult: failureText,
};

const app = buildApplication(routes, {
  name: 'raftgate',
  versionInfo: { getCurrentVersion: async () => version() },
  scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
  documentation: {
    caseStyle: 'convert-camel-to-kebab',
    onlyRequiredInUsageLine: true,
    disableAnsiColor: (process.env['NO_COLOR'] ?? '') !== '',
  },
  localization: { text },
  determineExitCode: exitCodeOf,
});

/** The argument scanner's own codes: negative, as a shell would see them modulo 256. */
function ownCode(code: number): number {
  if (code >= 0) return code;
  return code === -4 || code === -5 ? Exit.Usage : Exit.Internal;
}

/** The scanner's view of the process: what it prints itself is folded, the exit code is shared. */
function scannerProcess(host: NodeJS.Process): StricliProcess {
  return {
    stdout: { write: (help) => void host.stdout.write(foldHelp(help)) },
    stderr: { write: (complaint) => void host.stderr.write(complaint) },
    env: host.env,
    get exitCode() {
      return host.exitCode ?? null;
    },
    set exitCode(code) {
      host.exitCode = code ?? undefined;
    },
  };
}

/** Runs one command line to its end and leaves the exit code in the process. */
export async function main(argv: readonly string[], host: NodeJS.Process): Promise<void> {
  // Whoever reads our output may stop early (`| head`); that is no failure.
  host.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') host.exit(host.exitCode ?? 0);
  });
  // An interrupted command takes back what it had begun to write, by way of the handlers of `exit`.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    host.on(signal, () => host.exit(code));
  await run(app, argv, { ...hostCli(host), process: scannerProcess(host) });
  host.exitCode = ownCode(Number(host.exitCode ?? 0));
}

await main(process.argv.slice(2), process);
