// One replay while it runs: how each recorded action is done in the simulated world, and what a recorder would see of the nodes.
import { assert } from '../../base/assert.ts';
import { Code, codeName } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import { deriveNodeId, ENCRYPTION_ADMIN } from '../../admin/index.ts';
import type { Method } from '../../admin/index.ts';
import type { Plan } from '../../scenario/plan.ts';
import { clientPort, KV_PUT, putRequest, runStep, type World } from '../../sim/index.ts';
import { buildOf } from './build-of.ts';
import { groupName } from './recorded.ts';
import type { RecordedAction, RecordedCall, RecordedNode, Recording } from './recorded.ts';

/** What came of one action. */
export interface ReplayedAction {
  /** gRPC code name; empty for what is no call. */
  readonly code: string;
  readonly message: string;
  /** Whether it worked; null where there is nothing to say. */
  readonly ok: boolean | null;
  readonly answer: Readonly<Record<string, unknown>>;
  readonly seen: ReadonlyMap<string, RecordedNode>;
}

/** How long the recorder waited after the last call, and after the restart, before it looked; virtual ms. */
const LOOK_AFTER_MS = 9_000;
const WRITE_TIMEOUT_MS = 2_000;
const PROBE_TIMEOUT_MS = 2_000;
const START_MS = 2_000;
/** Between two actions of a recorder; a real one is no faster. */
const BETWEEN_MS = 50;
const POLL_MS = 200;
/** What a process says before its watchers, which look every second, have registered it. */
const NOT_YET = /writer registration not committed|startup rotation has not completed/;
const SETTLE_MS = 3_000;

const NOTHING: ReplayedAction = { code: '', message: '', ok: null, answer: {}, seen: new Map() };
type Leaf = Parameters<typeof runStep>[1];

/** The replay of one recording. */
export class Session {
  readonly #world: World;
  readonly #recording: Recording;
  #keys = 0;

  constructor(world: World, recording: Recording) {
    this.#world = world;
    this.#recording = recording;
  }

  /** Starts the founders and hands leadership to the recorded leaders. */
  *open(): Task<void> {
    for (const name of this.#recording.founders) this.#start(name, null, null);
    yield* this.#world.sleep(START_MS);
    for (const [group, leader] of this.#recording.leaders) yield* this.#lead(group, leader);
  }

  *waitBeforeLooking(): Task<void> {
    yield* this.#world.sleep(LOOK_AFTER_MS);
  }

  /** Reports of GetCapability in the recording's order; null where the call was refused. */
  *capability(): Task<(Readonly<Record<string, unknown>> | null)[]> {
    const method = methodOf('GetCapability');
    const reports: (Readonly<Record<string, unknown>> | null)[] = [];
    for (const { node, group } of this.#recording.capability) {
      const body = method.encodeRequest({});
      const to = this.#world.nodeNumber(node);
      const reply = yield* this.#world.rpc.call(null, to, groupName(group), method.name, body, PROBE_TIMEOUT_MS);
      reports.push(reply.code === Code.Ok ? (method.decodeResponse(reply.body) as Record<string, unknown>) : null);
    }
    return reports;
  }

  /** Does one recorded action. */
  *act(action: RecordedAction): Task<ReplayedAction> {
    yield* this.#world.sleep(BETWEEN_MS);
    switch (action.do) {
      case 'call':
        return yield* this.#call(action);
      case 'write':
        return { ...NOTHING, ok: yield* this.#writeInTime(action) };
      case 'restart':
      case 'start':
        return yield* this.#restart(action);
      case 'stop':
      case 'kill':
        for (const name of action.nodes)
          this.#world.hold(this.#world.nodeNumber(name), action.do === 'stop' ? 'stop' : 'crash', '');
        return NOTHING;
      case 'join':
      case 'joinAsVoter':
      case 'promote':
      case 'remove':
        return { ...NOTHING, ok: yield* this.#member(action) };
      case 'compact':
        this.#world.compactAll(this.#world.groupNumber(groupName(action.group)));
        return NOTHING;
      case 'transfer':
        yield* action.to === null
          ? this.#step({ plan: 'transferLeadership', group: groupName(action.group), to: null })
          : this.#lead(action.group, action.to);
        return NOTHING;
      case 'wait':
        yield* this.#world.sleep(action.forMs);
        return NOTHING;
      case 'loseSidecar':
      case 'loseKek':
        yield* this.#step({
          plan: 'disk',
          act: 'loseFile',
          node: action.node,
          file: action.do === 'loseKek' ? 'kek.bin' : 'enc/keys.json',
        });
        return NOTHING;
      case 'unknown':
        return NOTHING;
    }
  }

  /** What a recorder would see of each node now: processes, engines, and writes through each node. */
  *look(): Task<Map<string, RecordedNode>> {
    const seen = new Map<string, RecordedNode>();
    for (const name of this.#recording.nodes) seen.set(name, yield* this.#see(name));
    return seen;
  }

  /** Stops everyone and starts them again as they are. */
  *restartAll(): Task<void> {
    for (const name of this.#recording.nodes) this.#world.stop(this.#world.nodeNumber(name));
    yield* this.#world.sleep(START_MS);
    for (const name of this.#recording.nodes) {
      const node = this.#world.nodeNumber(name);
      const { build } = this.#world.home(node);
      if (build !== null) this.#world.start(node, build);
    }
    yield* this.#world.sleep(LOOK_AFTER_MS);
  }

  #start(name: string, commit: string | null, flags: readonly string[] | null): void {
    this.#world.start(this.#world.nodeNumber(name), buildOf(this.#recording, name, commit, flags));
  }

  *#step(step: Plan & Leaf): Task<void> {
    yield* runStep(this.#world, step, 'replay');
  }

  /** Hands a group's leadership to a node. */
  *#lead(groupNumber: number, leader: string): Task<void> {
    const group = this.#world.groupNumber(groupName(groupNumber));
    const to = this.#world.nodeNumber(leader);
    for (let i = 0; i < 50 && this.#world.leaderOf(group) !== to; i++) {
      const from = this.#world.leaderOf(group);
      if (from !== 0) this.#world.replica(from, group)?.transferTo(to);
      yield* this.#world.sleep(POLL_MS);
    }
  }

  /**
   * Makes one recorded call. How long a recorder waited before it is not told: where it was answered OK and we are not yet let
   * through, the processes are given the time they need.
   */
  *#call(call: RecordedCall): Task<ReplayedAction> {
    const first = yield* this.#callOnce(call);
    if (call.code !== 'OK' || !NOT_YET.test(first.message)) return first;
    yield* this.#world.sleep(SETTLE_MS);
    return yield* this.#callOnce(call);
  }

  *#callOnce(call: RecordedCall): Task<ReplayedAction> {
    const group = this.#world.groupNumber(groupName(call.group));
    const leader = this.#world.leaderOf(group);
    const node = call.node ?? (leader === 0 ? this.#recording.founders[0]! : this.#world.nodeName(leader));
    const build = this.#world.home(this.#world.nodeNumber(node)).build;
    assert(build !== null, 'NO_BUILD', () => node);
    const args = { writers: this.#derivedWriters(), ...call.args };
    const port = clientPort(this.#world, 'replay');
    const reply = yield* this.#world.factory(build).client(port, call.rpc, args, node, groupName(call.group));
    const isOk = reply.code === Code.Ok;
    const answer = isOk ? (methodOf(call.rpc).decodeResponse(reply.body) as Record<string, unknown>) : {};
    return { ...NOTHING, code: codeName(reply.code as Code), message: reply.message, ok: isOk, answer };
  }

  *#restart(action: RecordedAction & { readonly do: 'restart' | 'start' }): Task<ReplayedAction> {
    const numbers = action.nodes.map((name) => this.#world.nodeNumber(name));
    if (action.do === 'restart') for (const node of numbers) this.#world.stop(node);
    yield* this.#world.sleep(action.do === 'restart' ? START_MS : POLL_MS);
    for (const name of action.nodes) {
      const { build } = this.#world.home(this.#world.nodeNumber(name));
      if (action.commit !== null || action.flags !== null || build === null)
        this.#start(name, action.commit, action.flags);
      else this.#world.start(this.#world.nodeNumber(name), build);
    }
    yield* this.#world.sleep(LOOK_AFTER_MS);
    const seen = new Map<string, RecordedNode>();
    for (const name of action.nodes) seen.set(name, yield* this.#see(name));
    return { ...NOTHING, seen };
  }

  *#member(action: RecordedAction & { readonly do: 'join' | 'joinAsVoter' | 'promote' | 'remove' }): Task<boolean> {
    const group = groupName(action.group);
    const node = this.#world.nodeNumber(action.node);
    const joins = action.do === 'join' || action.do === 'joinAsVoter';
    if (joins && this.#world.process(node) === null) {
      this.#start(action.node, null, null);
      yield* this.#world.sleep(START_MS);
    }
    const before = this.#world.calls.ended.length;
    const { node: name } = action;
    if (action.do === 'remove') yield* this.#step({ plan: 'removeMember', node: name, groups: [group] });
    if (joins) yield* this.#step({ plan: 'addLearner', node: name, groups: [group] });
    if (action.do === 'promote' || action.do === 'joinAsVoter')
      yield* this.#step({ plan: 'promote', node: name, groups: [group] });
    return this.#world.calls.ended.slice(before).every(({ outcome }) => outcome === 'ok');
  }

  *#see(name: string): Task<RecordedNode> {
    const node = this.#world.nodeNumber(name);
    const process = this.#world.process(node);
    const halted = new Map<number, boolean>();
    const writes = new Map<number, boolean>();
    for (const group of this.#recording.groups) {
      const replica = this.#world.replica(node, this.#world.groupNumber(groupName(group)));
      if (replica !== null) halted.set(group, replica.halt !== null);
      writes.set(group, process === null ? false : yield* this.#write(group));
    }
    return { alive: process !== null && process.status === 'serving', halted, writes };
  }

  /** A write as a front end does it: proxied to the group's leader. */
  *#write(groupNumber: number): Task<boolean> {
    const leader = this.#world.leaderOf(this.#world.groupNumber(groupName(groupNumber)));
    if (leader === 0) return false;
    const body = putRequest(`key ${++this.#keys} of group ${groupNumber}`, 'value');
    const reply = yield* this.#world.rpc.call(null, leader, groupName(groupNumber), KV_PUT, body, WRITE_TIMEOUT_MS);
    return reply.code === Code.Ok;
  }

  /** A recorded write; one that went through is given the time it may have had. */
  *#writeInTime(action: RecordedAction & { readonly do: 'write' }): Task<boolean> {
    if (yield* this.#write(action.group)) return true;
    if (action.ok !== true) return false;
    yield* this.#world.sleep(SETTLE_MS);
    return yield* this.#write(action.group);
  }

  #derivedWriters(): string {
    return this.#recording.founders.map((node) => `${deriveNodeId(node)}:0`).join(',');
  }
}

function methodOf(rpc: string): Method {
  const method = ENCRYPTION_ADMIN.methods.find(({ name }) => name === rpc);
  assert(method !== undefined, 'NO_METHOD', () => rpc);
  return method;
}
