// What a recorder would see of the replayed nodes: processes, engines, writes and reads through front ends, sidecars, reports. A
// front end proxies to the leader it knows, so a write says of the group, not of the node it was sent to.
import { Code } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import { ENCRYPTION_ADMIN } from '../../admin/index.ts';
import { assert } from '../../base/assert.ts';
import type { Method } from '../../admin/index.ts';
import { formatSidecar, readSidecar } from '../../fsm/encryption/index.ts';
import { isMissing } from '../../fsm/encryption/sidecar.ts';
import { Failure } from '../../fsm/failure.ts';
import { getRequest, KV_GET, KV_PUT, putRequest, type World } from '../../sim/index.ts';
import { readSidecarView } from './read-sidecar.ts';
import type { Reasons } from './reasons.ts';
import { groupName } from './recorded.ts';
import type { RecordedNode, RecordedReports, SeenSidecar } from './recorded.ts';

const WRITE_TIMEOUT_MS = 2_000;
const PROBE_TIMEOUT_MS = 2_000;
export const SIDECAR_PATH = 'enc/keys.json';

/** A GetCapability report; null where the call was refused. */
export type Report = Readonly<Record<string, unknown>> | null;

/** The contract's method of a name. */
export function methodOf(rpc: string): Method {
  const method = ENCRYPTION_ADMIN.methods.find(({ name }) => name === rpc);
  assert(method !== undefined, 'NO_METHOD', () => rpc);
  return method;
}

/** Looks at a world, as the recorder of a case would. */
export class Viewer {
  readonly #world: World;
  readonly #groups: readonly number[];
  readonly #reasons: Reasons;
  #keys = 0;

  constructor(world: World, groups: readonly number[], reasons: Reasons) {
    this.#world = world;
    this.#groups = groups;
    this.#reasons = reasons;
  }

  /** Reports of GetCapability, in the order asked. */
  *reports(asked: RecordedReports): Task<Report[]> {
    const method = methodOf('GetCapability');
    const reports: Report[] = [];
    for (const { node, group } of asked) {
      const body = method.encodeRequest({});
      const to = this.#world.nodeNumber(node);
      const reply = yield* this.#world.rpc.call(null, to, groupName(group), method.name, body, PROBE_TIMEOUT_MS);
      reports.push(reply.code === Code.Ok ? (method.decodeResponse(reply.body) as Record<string, unknown>) : null);
    }
    return reports;
  }

  /** What is to be seen of some nodes now. */
  *look(names: readonly string[]): Task<Map<string, RecordedNode>> {
    const seen = new Map<string, RecordedNode>();
    for (const name of names) seen.set(name, yield* this.#see(name));
    return seen;
  }

  /** A write of a new key, through the group's leader. */
  *write(group: number): Task<boolean> {
    return yield* this.#kv(group, KV_PUT, putRequest(this.#key(++this.#keys, group), 'value'));
  }

  /** A read of the key written last, through the group's leader; whether it was answered. */
  *read(group: number): Task<boolean> {
    return yield* this.#kv(group, KV_GET, getRequest(this.#key(this.#keys, group)));
  }

  #key(nth: number, group: number): string {
    return `key ${nth} of group ${group}`;
  }

  *#kv(groupNumber: number, method: string, body: Uint8Array): Task<boolean> {
    const leader = this.#world.leaderOf(this.#world.groupNumber(groupName(groupNumber)));
    if (leader === 0) return false;
    const reply = yield* this.#world.rpc.call(null, leader, groupName(groupNumber), method, body, WRITE_TIMEOUT_MS);
    return reply.code === Code.Ok;
  }

  *#see(name: string): Task<RecordedNode> {
    const node = this.#world.nodeNumber(name);
    const process = this.#world.process(node);
    const halted = new Map<number, boolean>();
    const writes = new Map<number, boolean>();
    for (const group of this.#groups) {
      const replica = this.#world.replica(node, this.#world.groupNumber(groupName(group)));
      if (replica !== null) halted.set(group, replica.halt !== null);
      writes.set(group, process === null ? false : yield* this.write(group));
    }
    const alive = process !== null && process.status === 'serving';
    return { alive, halted, writes, sidecar: this.#sidecar(node), reasons: this.#reasons.of(node) };
  }

  #sidecar(node: number): SeenSidecar | null {
    const sidecar = readSidecar(this.#world.home(node).disk.files, SIDECAR_PATH);
    if (!(sidecar instanceof Failure)) return readSidecarView(formatSidecar(sidecar));
    return isMissing(sidecar) ? readSidecarView(null) : null;
  }
}
