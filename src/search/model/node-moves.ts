// Processes that start, stop, crash and halt. A restart is one move: while a node is down others may go on, but they may as
// well go on before or after. What is lost with a process (applied state, kept answers, leadership) is lost here, and what
// its disk knows to be committed is replayed here, by the build it starts with.
import type { GateEval } from './gate-eval.ts';
import {
  APPLIED,
  BUILD,
  CONFIG,
  DURABLE,
  HALTED,
  kindOf,
  LAST_TERM,
  LENGTH,
  LOG,
  LOST,
  NODE_FLAGS,
  PENDING,
  REPLAY,
  RESTARTS,
  SNAPSHOT,
  SNAPSHOT_STATE,
  UP,
  wireFlag,
  type Model,
} from './model.ts';
import { GATE_CLOSED, type GatePasses } from './gate-passes.ts';
import type { RaftLog } from './raft-log.ts';
import { UNKNOWN } from './plan-tree.ts';

/** Continues with a state; called once per way things can go. */
export type Then = (t: Uint8Array) => void;

/** Lives of processes. */
export class NodeMoves {
  readonly #model: Model;
  readonly #log: RaftLog;
  readonly #eval: GateEval;
  readonly #passes: GatePasses;
  readonly #spare: Uint8Array[] = [];

  constructor(model: Model, log: RaftLog, gateEval: GateEval, passes: GatePasses) {
    this.#model = model;
    this.#log = log;
    this.#eval = gateEval;
    this.#passes = passes;
  }

  /** A copy to branch from, by depth of branching. */
  #copy(t: Uint8Array, depth: number): Uint8Array {
    const spare = (this.#spare[depth] ??= new Uint8Array(this.#model.stride));
    spare.set(t);
    return spare;
  }

  /** Takes a node down: leadership, kept answers and waiting calls are gone. Groups it led have none then. */
  takeDown(t: Uint8Array, node: number): void {
    const at = this.#model.nodeAt[node]!;
    t[at + NODE_FLAGS] = 0;
    this.#eval.forgetAnswers(t, node);
    for (let g = 0; g < this.#model.groups.length; g++) {
      if (this.#model.groups[g]!.replicaOf[node]! < 0) continue;
      this.#model.setDown(t, g, node);
      this.#model.plan.settleLost(t, g, node, 0, UNKNOWN);
    }
  }

  /**
   * Starts a node that is down on a build: start-up gate, replay, wiring. Where the gate stays closed the node stays down.
   * @param setUp one of the starts that set the cluster up
   */
  start(t: Uint8Array, node: number, build: number, setUp: boolean, then: Then): void {
    const at = this.#model.nodeAt[node]!;
    const again = t[at + BUILD] !== 0;
    t[at + BUILD] = build + 1;
    if (this.#model.touched.restarts && again) t[at + RESTARTS] = Math.min(7, t[at + RESTARTS]! + 1);
    // Flags and files alone are judged before anything is opened, everything else once the log is replayed.
    const early = this.#passes.isSelfMade(t, 'startup', node);
    this.#waysPast(t, 'startup', node, setUp, early ? 0 : -1, 40, (opened) => {
      if (!opened) return then(t);
      t[at + NODE_FLAGS] = UP;
      for (const r of this.#model.replicasOf[node]!) this.#rewind(t, r);
      for (const r of this.#model.replicasOf[node]!) this.#replay(t, r);
      if (!this.#model.isOpen(t, node)) return then(t);
      this.#afterReplay(t, node, setUp, early, then);
    });
  }

  /** Start-up gates that need the log or others, and the wiring, group by group. */
  #afterReplay(t: Uint8Array, node: number, setUp: boolean, early: boolean, then: Then, at = 0): void {
    const r = this.#model.replicasOf[node]![at];
    if (r === undefined) return then(t);
    const { group } = this.#model.replicas[r]!;
    // A node without a replica has nobody to ask, and no log.
    const asked = early || !this.#hosts(t, r) ? -1 : group;
    this.#waysPast(t, 'startup', node, setUp, asked, 60 + 2 * at, (opened) => {
      if (!opened) {
        this.takeDown(t, node);
        return then(t);
      }
      this.#waysPast(t, 'wire', node, setUp, group, 61 + 2 * at, (wired) => {
        if (wired) t[this.#model.nodeAt[node]! + NODE_FLAGS]! |= wireFlag(group);
        this.#afterReplay(t, node, setUp, early, then, at + 1);
      });
    });
  }

  /** Whether a node has a replica of its group: a founding member whose disk is not lost, and who has heard of the group. */
  #hosts(t: Uint8Array, replica: number): boolean {
    const at = this.#model.replicaAt[replica]!;
    const { node, group } = this.#model.replicas[replica]!;
    const { voters, learners } = this.#model.groups[group]!;
    if (t[at + LENGTH] !== 0 || t[at + SNAPSHOT] !== 0) return true;
    return ((voters | learners) & (1 << node)) !== 0 && t[at + PENDING] !== LOST;
  }

  /** Each way a gate may be decided for one group; group -1: it is not asked here, and counts as open. */
  #waysPast(
    t: Uint8Array,
    at: string,
    node: number,
    setUp: boolean,
    group: number,
    depth: number,
    then: (open: boolean) => void,
  ): void {
    if (group < 0) return then(true);
    const ways = this.#passes.waysOnce(t, at, node, group, -1, setUp);
    const before = ways.length > 1 ? this.#copy(t, depth) : t;
    for (const way of ways) {
      if (before !== t) t.set(before);
      this.#passes.mark(t, way);
      then(way !== GATE_CLOSED);
    }
  }

  /** Puts a replica back to its snapshot, or to the beginning. */
  #rewind(t: Uint8Array, replica: number): void {
    const at = this.#model.replicaAt[replica]!;
    const snapshot = t[at + SNAPSHOT]!;
    t[at + HALTED] = 0;
    // How far the log is committed was written with the entries that told.
    if (t[at + PENDING] !== LOST) {
      t[at + REPLAY] = Math.max(t[at + REPLAY]!, t[at + PENDING]!);
      t[at + PENDING] = 0;
    }
    t[at + APPLIED] = snapshot;
    const kept = t[at + SNAPSHOT_STATE]! | (t[at + SNAPSHOT_STATE + 1]! << 8);
    this.#model.setState(t, replica, snapshot === 0 ? this.#model.facts.initialState : kept);
    t[at + CONFIG] = this.#log.configAfter(t, replica, snapshot);
  }

  /** Applies again what the disk knows to be committed, up to the first entry that halts. */
  #replay(t: Uint8Array, replica: number): void {
    const at = this.#model.replicaAt[replica]!;
    while (t[at + APPLIED]! < t[at + REPLAY]!) if (this.applyNext(t, replica) !== null) return;
  }

  /** Applies a replica's next entry. @returns null, or why it halts; then nothing has changed */
  applyNext(t: Uint8Array, replica: number): string | null {
    const at = this.#model.replicaAt[replica]!;
    const { node, group } = this.#model.replicas[replica]!;
    const applied = t[at + APPLIED]!;
    const entry = t[at + LOG + applied]!;
    const content = this.#model.content(group, entry);
    if (content.kind === 'member') {
      t[at + CONFIG] = this.#model.nextConfig(t[at + CONFIG]!, content.change, content.node);
    } else if (content.kind === 'op') {
      const { facts } = this.#model;
      const [state, build, durable] = [
        this.#model.state(t, replica),
        this.#model.build(t, node),
        this.#model.durable(t, node),
      ];
      const kind = kindOf(group, entry);
      const after = facts.apply(state, content.op, content.args, kind, node, build, durable, applied + 1);
      if (after.halt !== null) return after.halt;
      this.#model.setState(t, replica, after.state);
      t[this.#model.nodeAt[node]! + DURABLE] = after.durable;
    }
    t[at + APPLIED] = applied + 1;
    if (t[at + REPLAY]! < applied + 1) t[at + REPLAY] = applied + 1;
    if (t[at + PENDING] === applied + 1) t[at + PENDING] = 0;
    return null;
  }

  /** Wipes a node's disk; groups that have it for a member count on what it held. */
  wipe(t: Uint8Array, node: number): void {
    t[this.#model.nodeAt[node]! + DURABLE] = 0;
    for (const r of this.#model.replicasOf[node]!) {
      const at = this.#model.replicaAt[r]!;
      const { group } = this.#model.replicas[r]!;
      const { room, replicas } = this.#model.groups[group]!;
      t.fill(0, at, at + LOG + room);
      this.#rewind(t, r);
      const counted = replicas.some((other) => other !== r && this.#model.isMember(t, other, node));
      if (counted) t[at + PENDING] = LOST;
      t[at + LAST_TERM] = 0;
    }
  }

  /** The group stops on this node; where its build says so, the process goes too. */
  halt(t: Uint8Array, replica: number): void {
    const { node, group } = this.#model.replicas[replica]!;
    const at = this.#model.replicaAt[replica]!;
    t[at + HALTED] = 1;
    // The disk knows that the entry is committed: a restart meets it before it serves.
    t[at + REPLAY] = Math.max(t[at + REPLAY]!, t[at + APPLIED]! + 1);
    if (this.#model.leader(t, group) === node) this.#model.setDown(t, group, node);
    this.#model.plan.settleLost(t, group, node, t[at + APPLIED]!, UNKNOWN);
    if (this.#model.builds[this.#model.build(t, node)]!.onHalt === 'process') this.takeDown(t, node);
  }
}
