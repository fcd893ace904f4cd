// Unary RPCs over the simulated network: the request's bytes cross a link, start a handler task in the process that listens,
// and the answer's bytes cross back. What can go wrong on a real channel can here: nobody listens (Unavailable at once), the
// link is cut (silence until the deadline), the server dies with the call in hand (Unavailable), the answer comes too late.
// A channel that always answered would make every fan-out gate look safe.
import { Code, StatusError } from '../../base/errors.ts';
import { drive, type Task } from '../../base/task.ts';
import type { CallContext, RpcReply } from '../../scenario/program.ts';
import { KV_METHODS, serveKv } from './kv-service.ts';
import type { Process } from './process.ts';
import { Pending, type WaitHost } from './waiters.ts';
import type { World } from './world.ts';

/** Where operators and clients stand: reachable from every node that is up. */
const OUTSIDE = 0;

const NO_BODY = new Uint8Array(0);

function status(code: number, message: string): RpcReply {
  return { code, message, body: NO_BODY };
}

/** The RPC channels of one world. */
export class RpcChannels {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Calls a method on a node's listener of a group, by the group's name. Always ends by the deadline. */
  *call(
    from: Process | null,
    to: number,
    group: string,
    method: string,
    body: Uint8Array,
    timeoutMs: number,
  ): Task<RpcReply> {
    const host: WaitHost = from ?? this.#world.outside;
    const deadlineMs = host.nowMs() + timeoutMs;
    const late = status(Code.DeadlineExceeded, 'context deadline exceeded');
    const pending = new Pending<RpcReply>(host).orAt(deadlineMs, late);
    const source = from === null ? OUTSIDE : from.node;
    const answer = (reply: RpcReply): void => this.#world.wire.post(to, source, () => pending.settle(reply));
    const refused = (): void => answer(status(Code.Unavailable, 'connection refused'));
    this.#world.wire.post(source, to, () => this.#arrive(to, group, method, body, deadlineMs, answer), refused);
    return yield* pending.wait();
  }

  #arrive(
    to: number,
    group: string,
    method: string,
    body: Uint8Array,
    deadlineMs: number,
    answer: (reply: RpcReply) => void,
  ): void {
    const process = this.#world.process(to);
    if (process === null || process.status !== 'serving') return answer(status(Code.Unavailable, 'connection refused'));
    process.soon(() => this.#serve(process, group, method, body, deadlineMs, answer));
  }

  #serve(
    process: Process,
    group: string,
    method: string,
    body: Uint8Array,
    deadlineMs: number,
    answer: (reply: RpcReply) => void,
  ): void {
    const forget = process.onBreak((reason) => answer(status(Code.Unavailable, `connection closed: ${reason}`)));
    const context: CallContext = {
      deadlineMs,
      canceled: () => (process.nowMs() >= deadlineMs ? 'deadline' : null),
    };
    const task = KV_METHODS.includes(method)
      ? serveKv(process, group, method, body, context)
      : process.program.serve(group, method, body, context);
    const end = (reply: RpcReply): void => {
      forget();
      answer(reply);
    };
    drive(task, (outcome) => {
      if ('value' in outcome) end({ code: Code.Ok, message: '', body: outcome.value });
      else if (outcome.error instanceof StatusError) end(status(outcome.error.code, outcome.error.message));
      // Anything else ends the process, and the caller's connection with it.
      else throw outcome.error;
    });
  }
}
