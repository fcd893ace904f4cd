// The model in motion: the first state and all that can follow a state. Both the breadth-first search and whoever retells
// a run ask here, so that a retold run is a run of the searched system.
import { Ahead, type Outlook } from './ahead.ts';
import { ClusterMoves } from './cluster-moves.ts';
import { GateEval } from './gate-eval.ts';
import { GatePasses } from './gate-passes.ts';
import { CONFIG, STATE, type Model } from './model.ts';
import { Move, type Sink } from './moves.ts';
import { Leaders, type WithLeader } from './leaders.ts';
import { LeaderSteps } from './leader-steps.ts';
import { NodeMoves } from './node-moves.ts';
import { PlanMoves } from './plan-moves.ts';
import { RaftLog } from './raft-log.ts';

/** A model with its moves. */
export class System {
  readonly model: Model;
  readonly log: RaftLog;
  readonly gates: GateEval;
  readonly passes: GatePasses;
  /** The state after the move being told. */
  readonly next: Uint8Array;
  readonly nextWords: Uint32Array;
  readonly #cluster: ClusterMoves;
  readonly #plan: PlanMoves;
  readonly #leaders: Leaders;
  readonly #steps: LeaderSteps;
  readonly #ahead: Ahead | null;
  #outlook: Outlook | null = null;
  readonly #later: Uint8Array;
  /** Where moves are told while they are listed. */
  #sink: Sink = () => {};

  constructor(model: Model) {
    this.model = model;
    this.log = new RaftLog(model);
    this.gates = new GateEval(model);
    this.passes = new GatePasses(model, this.gates);
    const nodes = new NodeMoves(model, this.log, this.gates, this.passes);
    this.#cluster = new ClusterMoves(model, this.log, nodes, this.passes);
    this.#leaders = new Leaders(model, this.log);
    this.#steps = new LeaderSteps(model, this.log, this.passes);
    this.#ahead = looksAhead(model) ? new Ahead(model.plan, (leaf) => this.#steps.isJustAnswered(leaf)) : null;
    this.#plan = new PlanMoves(model, this.log, nodes, this.#cluster, this.#steps, this.#ahead);
    this.#later = new Uint8Array(model.stride);
    this.nextWords = new Uint32Array(model.stride / 4);
    this.next = new Uint8Array(this.nextWords.buffer);
  }

  /** Whether some move was left out because of the bound. */
  get metBound(): boolean {
    return this.#steps.metBound;
  }

  /** From here on nobody looks at how calls end. */
  stopTracking(): void {
    if (this.#ahead === null) return;
    this.model.plan.tracksWaiting = false;
    this.#plan.tellsEndings = false;
  }

  /** Nothing is started yet, and the plan is about to begin. */
  initial(into: Uint8Array): void {
    into.fill(0);
    const { model } = this;
    for (const [r, replica] of model.replicas.entries()) {
      const group = model.groups[replica.group]!;
      const at = model.replicaAt[r]!;
      into[at + CONFIG] = model.configId(group.voters, group.learners);
      into[at + STATE] = model.facts.initialState;
      into[at + STATE + 1] = model.facts.initialState >> 8;
    }
    model.plan.open(into);
  }

  /** Tells the sink of everything that can happen next, operators first. */
  successors(s: Uint8Array, sink: Sink): void {
    this.#sink = sink;
    this.#outlook = this.#ahead?.of(s) ?? null;
    this.#plan.from(s, this.next, this.#outlook, sink);
    for (let g = 0; g < this.model.groups.length; g++) this.#leaders.each(s, g, this.#outlook, this.#everything);
    this.#cluster.from(s, this.next, sink);
  }

  /** As `successors`, without the operators, and with each change of leader as a move of its own. */
  clusterSuccessors(s: Uint8Array, sink: Sink): void {
    this.#sink = sink;
    for (let g = 0; g < this.model.groups.length; g++) this.#leaders.each(s, g, null, this.#deliveries);
    this.#cluster.from(s, this.next, sink);
  }

  readonly #everything: WithLeader = (s, group, leader, cost) => {
    this.#steps.from(s, this.next, group, leader, cost, this.#sink);
    for (const { plan, leaves } of this.#outlook?.prospects ?? []) {
      this.#later.set(s);
      this.#later.set(plan, this.model.plan.base);
      this.#steps.from(this.#later, this.next, group, leader, cost, this.#sink, leaves);
    }
    this.#cluster.led(s, this.next, group, leader, cost, this.#sink);
  };

  readonly #deliveries: WithLeader = (s, group, leader, cost) => {
    this.next.set(s);
    this.#sink(cost, Move.Elect, leader, group, 0, false);
    this.#cluster.led(s, this.next, group, leader, cost, this.#sink);
  };
}

/** Whether steps may come to nothing at any time, nobody looks at how they end, and orders may be left out. */
function looksAhead({ folds, elections, plan }: Model): boolean {
  return folds && elections && !plan.keepsOutcomes;
}
