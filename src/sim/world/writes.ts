// KV operations of clients: the plan's own writes, and the clients that run beside the plan when a scenario asks for
// linearizable histories. Every operation is told to the checkers from its start to its end; one whose fate is not known
// ends as "unknown" and may take effect at any later time.
import { Code } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import { KvEnd } from '../checkers/probe.ts';
import { hashText } from '../kernel/fingerprint.ts';
import { getRequest, KV_GET, KV_PUT, putRequest, readValue } from './kv-service.ts';
import { findLeader } from './plan-steps.ts';
import type { World } from './world.ts';

const KEYS: readonly string[] = ['a', 'b', 'c'];
const KV_TIMEOUT_MS = 1_000;
/** Clients per group, and the pause between two operations of one. */
const CLIENTS = 2;
const PAUSE_MS: readonly number[] = [100, 10, 250, 400];
const OP_KEY = hashText('op');
const PAUSE_KEY = hashText('pause');
/** The plan's own writes come from this client. */
const PLAN_CLIENT = 0;

/** All KV traffic of a run. */
export class Writes {
  readonly #world: World;
  #ops = 0;
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** One write of the plan. */
  *write(groupName: string, kv: Readonly<Record<string, string>> | null, path: string): Task<void> {
    const group = this.#world.groupNumber(groupName);
    const pairs = kv === null ? [[this.#key(path), `v${this.#ops}`] as const] : Object.entries(kv);
    for (const [key, value] of pairs) yield* this.#put(PLAN_CLIENT, group, key, value);
  }

  /** Starts the clients that run beside the plan. */
  startClients(): void {
    for (const { id } of this.#world.groups) {
      for (let client = 1; client <= CLIENTS; client++) this.#world.run(this.#client(id * CLIENTS + client, id));
    }
  }

  stopClients(): void {
    this.#stopped = true;
  }

  *#client(client: number, group: number): Task<void> {
    const stream = `client/${client}`;
    for (let i = 0; !this.#stopped; i++) {
      const draw = this.#world.choose(stream, OP_KEY, 2 * KEYS.length);
      const key = KEYS[draw % KEYS.length]!;
      if (draw < KEYS.length) yield* this.#put(client, group, key, `${client}.${i}`);
      else yield* this.#get(client, group, key);
      yield* this.#world.sleep(PAUSE_MS[this.#world.choose(stream, PAUSE_KEY, PAUSE_MS.length)]!);
    }
  }

  *#put(client: number, group: number, key: string, value: string): Task<void> {
    const op = this.#begin(client, group, key, value);
    const code = yield* this.#call(group, KV_PUT, putRequest(key, value));
    this.#end(op, client, group, key, value, code.code, value);
  }

  *#get(client: number, group: number, key: string): Task<void> {
    const op = this.#begin(client, group, key, null);
    const reply = yield* this.#call(group, KV_GET, getRequest(key));
    const value = reply.code === Code.Ok ? readValue(reply.body) : null;
    this.#end(op, client, group, key, null, reply.code, value);
  }

  *#call(group: number, method: string, body: Uint8Array): Task<{ code: number; body: Uint8Array }> {
    const leader = yield* findLeader(this.#world, group);
    if (leader === 0) return { code: Code.FailedPrecondition, body };
    return yield* this.#world.rpc.call(null, leader, this.#world.groupName(group), method, body, KV_TIMEOUT_MS);
  }

  #begin(client: number, group: number, key: string, value: string | null): number {
    const op = this.#ops++;
    this.#world.note.kv(client, group, value === null ? 'get' : 'put', 'call', key, value);
    this.#world.probe.onKvCall(op, client, group, key, value);
    return op;
  }

  #end(
    op: number,
    client: number,
    group: number,
    key: string,
    written: string | null,
    code: number,
    value: string | null,
  ): void {
    const end = code === Code.Ok ? KvEnd.Ok : code === Code.FailedPrecondition ? KvEnd.Failed : KvEnd.Unknown;
    const phase = end === KvEnd.Ok ? 'ok' : end === KvEnd.Failed ? 'fail' : 'unknown';
    this.#world.note.kv(client, group, written === null ? 'get' : 'put', phase, key, value);
    this.#world.probe.onKvEnd(op, end, end === KvEnd.Ok ? value : null);
  }

  #key(path: string): string {
    return KEYS[this.#world.planDraw.choose(hashText(`${path} key`), KEYS.length)]!;
  }
}
