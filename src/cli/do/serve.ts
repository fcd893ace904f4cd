// `raftgate serve`: hosts a scenario's cluster behind real gRPC listeners. Real time drives virtual time in small steps;
// a slow client waits for its own answer and holds up nobody.
import { serveGrpc, type GrpcHost } from '../../admin/grpc-server.ts';
import { seedSource } from '../../sim/kernel/seed-source.ts';
import { LiveCluster } from '../../sim/live.ts';
import type { Cli } from '../cli.ts';
import type { ServeFlags } from '../commands/serve.ts';
import { openDoor } from '../door.ts';
import { Exit, failureText } from '../exit.ts';
import { onlyOne, scenarioOf } from '../only.ts';
import { listenersOf } from '../served-cluster.ts';

/** How often virtual time catches up with real time, ms. */
const STEP_MS = 5;

/** Tells what happens to the cluster while it is served. */
class Watch {
  readonly #cli: Cli;
  readonly #live: LiveCluster;
  readonly #host: GrpcHost;
  readonly #last = new Map<string, string>();
  readonly #quiet: boolean;

  constructor(cli: Cli, live: LiveCluster, host: GrpcHost, quiet: boolean) {
    this.#cli = cli;
    this.#live = live;
    this.#host = host;
    this.#quiet = quiet;
  }

  look(): void {
    for (const listener of this.#host.listeners) {
      const { node, group } = listener;
      const replica = this.#live.replica(node, group);
      const serving = this.#live.isServing(node);
      const halt = replica?.halt ?? null;
      const state = !serving
        ? 'does not serve'
        : halt !== null
          ? `HALT at ${halt.index}: ${halt.code}: ${halt.detail}`
          : replica?.leads === true
            ? 'leads'
            : '';
      const key = `${node}/${group}`;
      const before = this.#last.get(key);
      if (before === state) continue;
      this.#last.set(key, state);
      listener.setServing(serving);
      if (before === undefined && !serving) continue;
      if (state !== '' && !this.#quiet) this.#cli.out(` ${(this.#live.nowMs() / 1000).toFixed(3)}s ${key} ${state}\n`);
    }
  }
}

/** A cluster that is being driven. */
interface Drive {
  /** Resolves once a signal asks it to stop, to null, or with what went wrong. */
  readonly asked: Promise<unknown>;
  /** Lets virtual time stand still. Until then calls in hand are still answered. */
  readonly halt: () => void;
}

/** Drives a cluster, real time by real time. */
function drive(live: LiveCluster, watch: Watch): Drive {
  const startedMs = performance.now();
  let ask: (why: unknown) => void = () => undefined;
  const asked = new Promise<unknown>((resolve) => (ask = resolve));
  const timer = setInterval(() => {
    try {
      live.advanceTo(Math.trunc(performance.now() - startedMs));
      watch.look();
    } catch (error) {
      clearInterval(timer);
      ask(error);
    }
  }, STEP_MS);
  const stop = (): void => ask(null);
  // Instead of ending at once, as every other command does.
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal).on(signal, stop);
  const halt = (): void => {
    clearInterval(timer);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  return { asked, halt };
}

/** `raftgate serve SCENARIO` */
export async function serve(this: Cli, flags: ServeFlags, pattern: string): Promise<void> {
  const scenario = scenarioOf(await onlyOne(pattern, this.cwd));
  const live = new LiveCluster(scenario, seedSource(flags.seed));
  const bugs: unknown[] = [];
  const specs = listenersOf(scenario, live, flags.portBase);
  const host = await serveGrpc(specs, openDoor, { host: flags.host, onBug: (error) => void bugs.push(error) });
  for (const { node, group, address } of host.listeners) this.out(`${node}/${group} ${address}\n`);
  const driven = drive(live, new Watch(this, live, host, flags.quiet));
  const asked = await driven.asked;
  await host.stop();
  driven.halt();
  const failure = asked ?? bugs[0] ?? null;
  if (failure === null) return;
  this.err(`${failureText(failure)}\n`);
  this.exit(Exit.Internal);
}
