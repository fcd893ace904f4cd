// A live cluster behind its contracts: what arrives on a listener as bytes of a gRPC method becomes a call into the
// simulated world, and its answer goes back as bytes. The raw key-value surface is translated here, because the world
// keeps text where the wire has bytes.
import { ENCRYPTION_ADMIN, RAW_KV, type Method } from '../admin/service.ts';
import type { ListenerSpec, ServedContract, UnaryCall } from '../admin/grpc-server.ts';
import { NO_BYTES } from '../base/bytes.ts';
import { Code, StatusError } from '../base/errors.ts';
import type { Task } from '../base/task.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RpcReply } from '../scenario/program.ts';
import type { LiveCluster } from '../sim/live.ts';
import {
  getRequest,
  KV_DELETE,
  KV_GET,
  KV_PUT,
  putRequest,
  readCommitIndex,
  readValue,
} from '../sim/world/kv-service.ts';

/** How long a call may take where its client set no limit of its own, ms. */
const CALL_TIMEOUT_MS = 60_000;

/** Bytes as text, one character a byte: the world's keys and values are text, a client's are not. */
function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** The same of a key, in which the world has no room for a zero: it ends a key there. */
function keyText(bytes: Uint8Array): string {
  return asText(bytes).replaceAll('\0', '\u0100');
}

function okBody(reply: RpcReply): Uint8Array {
  if (reply.code !== Code.Ok) throw new StatusError(reply.code as Code, reply.message);
  return reply.body;
}

/** One listener: a node's door to a group. */
class Door {
  readonly #live: LiveCluster;
  readonly #node: string;
  readonly #group: string;

  constructor(live: LiveCluster, node: string, group: string) {
    this.#live = live;
    this.#node = node;
    this.#group = group;
  }

  *#call(method: string, body: Uint8Array): Task<Uint8Array> {
    return okBody(yield* this.#live.call(this.#node, this.#group, method, body, CALL_TIMEOUT_MS));
  }

  /** Data goes to the leader this node knows, as the real front ends send it; without one the node answers for itself. */
  *#proxied(method: string, body: Uint8Array): Task<Uint8Array> {
    const leader = this.#live.replica(this.#node, this.#group)?.leader ?? '';
    const node = leader === '' ? this.#node : leader;
    return okBody(yield* this.#live.call(node, this.#group, method, body, CALL_TIMEOUT_MS));
  }

  *admin(method: Method, request: Uint8Array): Task<Uint8Array> {
    return yield* this.#call(method.name, request);
  }

  *kv(method: Method, request: Uint8Array): Task<Uint8Array> {
    const { key, value } = method.decodeRequest(request) as { readonly key: Uint8Array; readonly value?: Uint8Array };
    switch (method.name) {
      case 'RawPut':
        return written(method, yield* this.#proxied(KV_PUT, putRequest(keyText(key), asText(value ?? NO_BYTES))));
      case 'RawDelete':
        return written(method, yield* this.#proxied(KV_DELETE, getRequest(keyText(key))));
      default: {
        const found = readValue(yield* this.#proxied(KV_GET, getRequest(keyText(key))));
        const bytes = Buffer.from(found ?? '', 'latin1');
        return method.encodeResponse({ read_at_index: String(this.#applied()), value: bytes, exists: found !== null });
      }
    }
  }

  #applied(): number {
    return this.#live.replica(this.#node, this.#group)?.appliedIndex ?? 0;
  }
}

/** The answer of a write that went through. */
function written(method: Method, answer: Uint8Array): Uint8Array {
  return method.encodeResponse({ commit_index: String(readCommitIndex(answer)), success: true });
}

/** Whether a cluster runs the built-in feature, whose admin contract is known. */
function isEncryption(scenario: Scenario): boolean {
  return scenario.builds.some((build) => build.subject.name === 'elastickv-encryption');
}

/**
 * The listeners of a cluster, one for each group of each node, groups within nodes.
 * @param portBase of the first; 0: any free ports
 */
export function listenersOf(scenario: Scenario, live: LiveCluster, portBase: number): ListenerSpec[] {
  const places = scenario.cluster.nodes.flatMap((node) =>
    scenario.cluster.groups
      .filter((group) => group.voters.includes(node) || group.learners.includes(node))
      .map((group) => ({ node, group: group.name })),
  );
  return places.map(({ node, group }, i) => {
    const door = new Door(live, node, group);
    const call = (serve: (method: Method, request: Uint8Array) => Task<Uint8Array>): UnaryCall => serve;
    const kv: ServedContract = { contract: RAW_KV, call: call((method, request) => door.kv(method, request)) };
    const admin: ServedContract = {
      contract: ENCRYPTION_ADMIN,
      call: call((method, request) => door.admin(method, request)),
    };
    const services = isEncryption(scenario) ? [admin, kv] : [kv];
    return { node, group, port: portBase === 0 ? 0 : portBase + i, services };
  });
}
