// A cluster that is driven from outside instead of by a plan: somebody else's clock says how far time has come, somebody
// else's clients call. It has no faults, no properties and no end; it is the simulated world as a server hosts it.
import type { Task } from '../base/task.ts';
import type { Halt } from '../fsm/state-machine.ts';
import { Role } from '../raft/index.ts';
import type { Build } from '../scenario/build.ts';
import type { Plan } from '../scenario/plan.ts';
import type { RpcReply } from '../scenario/program.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RecordingSource } from './kernel/choices.ts';
import { openJudgeFor } from './run.ts';
import { World } from './world/world.ts';

/** What each node runs at the start: the leading `start` steps of a plan. */
function startSteps(plan: Plan): (Plan & { readonly plan: 'start' })[] {
  if (plan.plan === 'start') return [plan];
  const steps = plan.plan === 'seq' ? plan.steps : plan.plan === 'par' ? plan.branches : [];
  const found: (Plan & { readonly plan: 'start' })[] = [];
  for (const step of steps) {
    const starts = startSteps(step);
    found.push(...starts);
    if (starts.length === 0) break;
  }
  return found;
}

/** How a replica of a live cluster fares. */
export interface LiveReplica {
  readonly leads: boolean;
  /** Name of the leader it knows; empty for none. */
  readonly leader: string;
  readonly appliedIndex: number;
  /** Why its apply loop stopped; null while it runs. */
  readonly halt: Halt | null;
}

/** A running cluster. */
export class LiveCluster {
  readonly #world: World;

  /** Starts the nodes that the scenario's plan starts first. */
  constructor(scenario: Scenario, source: RecordingSource) {
    const limits = { virtualMs: 0x7fff_ffff, events: Number.MAX_SAFE_INTEGER };
    this.#world = new World({ ...scenario, faults: null, properties: [], limits }, source, { record: false });
    this.#world.probe = openJudgeFor(this.#world, false).probe;
    for (const step of startSteps(scenario.plan)) {
      for (const name of step.nodes ?? scenario.cluster.nodes) this.#start(this.#world.nodeNumber(name), step.build);
    }
    this.#world.settleSoon();
  }

  #start(node: number, build: Build): void {
    if (this.#world.partsOf(node).length > 0) this.#world.start(node, build);
  }

  /** Virtual ms since the start. */
  nowMs(): number {
    return this.#world.nowMs();
  }

  /** Lets time come to `nowMs`, with everything that is due by then. */
  advanceTo(nowMs: number): void {
    while (this.#world.step(nowMs));
    this.#world.scheduler.nowMs = nowMs;
  }

  /** Calls a method on a node's listener of a group. Always ends by the deadline. */
  call(node: string, group: string, method: string, body: Uint8Array, timeoutMs: number): Task<RpcReply> {
    return this.#world.rpc.call(null, this.#world.nodeNumber(node), group, method, body, timeoutMs);
  }

  /** Whether a node's process serves. */
  isServing(node: string): boolean {
    return this.#world.process(this.#world.nodeNumber(node))?.status === 'serving';
  }

  /** A node's replica of a group; null where there is none now. */
  replica(node: string, group: string): LiveReplica | null {
    const replica = this.#world.replica(this.#world.nodeNumber(node), this.#world.groupNumber(group));
    if (replica === null) return null;
    const { lead, halt } = replica;
    const leader = lead === 0 ? '' : this.#world.nodeName(lead);
    return { leads: replica.role() === Role.Leader, leader, appliedIndex: replica.applied(), halt };
  }
}
