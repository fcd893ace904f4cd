// One replay while it runs: how each recorded action is done in the simulated world.
import { Code, codeName } from '../../base/errors.ts';
import { drive, type Task } from '../../base/task.ts';
import { deriveNodeId } from '../../admin/index.ts';
import type { Plan } from '../../scenario/plan.ts';
import { clientPort, runStep, type World } from '../../sim/index.ts';
import { AS_RECORDED, buildOf, type StartedAs } from './build-of.ts';
import type { Reasons } from './reasons.ts';
import { groupName } from './recorded.ts';
import type { RecordedAction, RecordedCall, RecordedNode, RecordedReports, Recording } from './recorded.ts';
import { methodOf, SIDECAR_PATH, Viewer, type Report } from './viewer.ts';

export type { Report } from './viewer.ts';

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
const START_MS = 2_000;
/** Between two actions of a recorder; a real one is no faster. */
const BETWEEN_MS = 50;
const POLL_MS = 200;
/** How often a replica looks whether its log has grown long enough for a snapshot. */
const SNAPSHOT_POLL_MS = 100;
/** What a process says before its watchers, which look every second, have registered it. */
const NOT_YET = /writer registration not committed|startup rotation has not completed/;
const SETTLE_MS = 3_000;

const NOTHING: ReplayedAction = { code: '', message: '', ok: null, answer: {}, seen: new Map() };
const FILE_ACTS = { loseSidecar: 'loseFile', keepSidecar: 'keepFile', restoreSidecar: 'restoreFile' } as const;
type Leaf = Parameters<typeof runStep>[1];
type Of<D extends RecordedAction['do']> = RecordedAction & { readonly do: D };

/** The replay of one recording. */
export class Session {
  readonly #world: World;
  readonly #recording: Recording;
  readonly #viewer: Viewer;

  constructor(world: World, recording: Recording, reasons: Reasons) {
    this.#world = world;
    this.#recording = recording;
    this.#viewer = new Viewer(world, recording.groups, reasons);
  }

  /** Starts the founders and hands leadership to the recorded leaders. */
  *open(): Task<void> {
    for (const name of this.#recording.founders) this.#start(name, AS_RECORDED);
    if (this.#recording.snapshotEvery > 0) drive(this.#cutLogs(this.#recording.snapshotEvery), () => undefined);
    yield* this.#world.sleep(START_MS);
    for (const [group, leader] of this.#recording.leaders) yield* this.#lead(group, leader);
  }

  *waitBeforeLooking(): Task<void> {
    yield* this.#world.sleep(LOOK_AFTER_MS);
  }

  /** What a recorder would see of each node now. */
  look(names: readonly string[]): Task<Map<string, RecordedNode>> {
    return this.#viewer.look(names);
  }

  /** Reports of GetCapability, in the order asked. */
  reports(asked: RecordedReports): Task<Report[]> {
    return this.#viewer.reports(asked);
  }

  /** Does one recorded action. */
  *act(action: RecordedAction): Task<ReplayedAction> {
    yield* this.#world.sleep(BETWEEN_MS);
    switch (action.do) {
      case 'call':
        return yield* this.#call(action);
      case 'write':
        return { ...NOTHING, ok: yield* this.#writeInTime(action) };
      case 'read':
        return { ...NOTHING, ok: yield* this.#viewer.read(action.group) };
      case 'look':
        return { ...NOTHING, seen: yield* this.#viewer.look([...action.seen.keys()]) };
      case 'restart':
      case 'start':
        return yield* this.#restart(action);
      case 'join':
      case 'joinAsVoter':
      case 'promote':
      case 'remove':
        return { ...NOTHING, ok: yield* this.#member(action) };
      case 'unknown':
        return NOTHING;
      default:
        yield* this.#operate(action);
        return NOTHING;
    }
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

  /** What an operator does to the cluster, and is answered nothing for. */
  *#operate(
    action: Of<'stop' | 'kill' | 'compact' | 'transfer' | 'wait' | 'loseKek' | keyof typeof FILE_ACTS>,
  ): Task<void> {
    switch (action.do) {
      case 'stop':
      case 'kill':
        for (const name of action.nodes)
          this.#world.hold(this.#world.nodeNumber(name), action.do === 'stop' ? 'stop' : 'crash', '');
        return;
      case 'compact':
        this.#world.compactAll(this.#world.groupNumber(groupName(action.group)));
        return;
      case 'transfer':
        if (action.to !== null) yield* this.#lead(action.group, action.to);
        else yield* this.#step({ plan: 'transferLeadership', group: groupName(action.group), to: null });
        return;
      case 'wait':
        yield* this.#world.sleep(action.forMs);
        return;
      case 'loseKek': {
        const { build } = this.#world.home(this.#world.nodeNumber(action.node));
        const file = build?.config['kekFile'];
        if (typeof file !== 'string') return;
        yield* this.#step({ plan: 'disk', act: 'loseFile', node: action.node, file });
        return;
      }
      default:
        yield* this.#step({ plan: 'disk', act: FILE_ACTS[action.do], node: action.node, file: SIDECAR_PATH });
    }
  }

  #start(name: string, as: StartedAs): void {
    this.#world.start(this.#world.nodeNumber(name), buildOf(this.#recording, name, as));
  }

  *#step(step: Plan & Leaf): Task<void> {
    yield* runStep(this.#world, step, 'replay');
  }

  /** Every replica takes a snapshot once so many entries were applied behind its last one. */
  *#cutLogs(every: number): Task<void> {
    for (;;) {
      yield* this.#world.sleep(SNAPSHOT_POLL_MS);
      for (const name of this.#recording.nodes) {
        for (const group of this.#recording.groups) {
          const number = this.#world.groupNumber(groupName(group));
          const replica = this.#world.replica(this.#world.nodeNumber(name), number);
          if (replica === null || !replica.isLive()) continue;
          if (replica.applied() - replica.disk.snapshot.index >= every) replica.compact(0);
        }
      }
    }
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
    const build = this.#world.home(this.#world.nodeNumber(node)).build ?? buildOf(this.#recording, node, AS_RECORDED);
    const args = { writers: this.#derivedWriters(), ...call.args };
    const port = clientPort(this.#world, 'replay');
    const reply = yield* this.#world.factory(build).client(port, call.rpc, args, node, groupName(call.group));
    const isOk = reply.code === Code.Ok;
    const answer = isOk ? (methodOf(call.rpc).decodeResponse(reply.body) as Record<string, unknown>) : {};
    return { ...NOTHING, code: codeName(reply.code as Code), message: reply.message, ok: isOk, answer };
  }

  *#restart(action: Of<'restart' | 'start'>): Task<ReplayedAction> {
    const numbers = action.nodes.map((name) => this.#world.nodeNumber(name));
    if (action.do === 'restart') for (const node of numbers) this.#world.stop(node);
    yield* this.#world.sleep(action.do === 'restart' ? START_MS : POLL_MS);
    const asBefore = action.commit === null && action.flags === null && action.kek === null;
    for (const name of action.nodes) {
      const { build } = this.#world.home(this.#world.nodeNumber(name));
      if (build === null || !asBefore) this.#start(name, action);
      else this.#world.start(this.#world.nodeNumber(name), build);
    }
    yield* this.#world.sleep(LOOK_AFTER_MS);
    return { ...NOTHING, seen: yield* this.#viewer.look(action.nodes) };
  }

  *#member(action: Of<'join' | 'joinAsVoter' | 'promote' | 'remove'>): Task<boolean> {
    const group = groupName(action.group);
    const node = this.#world.nodeNumber(action.node);
    const joins = action.do === 'join' || action.do === 'joinAsVoter';
    if (joins && this.#world.process(node) === null) {
      this.#start(action.node, AS_RECORDED);
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

  /** Recorded writes; one that went through is given the time it may have had. */
  *#writeInTime(action: Of<'write'>): Task<boolean> {
    let ok = true;
    for (let i = 0; i < action.count; i++) {
      ok = yield* this.#viewer.write(action.group);
      if (ok || action.ok !== true) continue;
      yield* this.#world.sleep(SETTLE_MS);
      ok = yield* this.#viewer.write(action.group);
    }
    return ok;
  }

  #derivedWriters(): string {
    return this.#recording.founders.map((node) => `${deriveNodeId(node)}:0`).join(',');
  }
}
