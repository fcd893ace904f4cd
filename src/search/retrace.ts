// The essential steps of a run of the simulator, counted as the model counts them. The run is followed in the model: of all
// that happened, in the order in which it happened, the fewest moves are taken that break the property. So a run and the
// exhaustive optimum are lengths of the same kind, and no run can be shorter; and a run that cannot be followed at all is
// one that the model wrongly forbids.
import type { Scenario } from '../scenario/scenario.ts';
import type { TraceEvent } from '../sim/kernel/trace.ts';
import type { Violation } from '../sim/verdict.ts';
import { Happenings, NOWHERE, type RunEntry } from './happenings.ts';
import { Checks } from './model/checks.ts';
import { looksFurther, ModelLimit, untouched, type Touched } from './model/limit.ts';
import { LOG, modelOf, type Content, type Model } from './model/model.ts';
import { Move } from './model/moves.ts';
import { System } from './model/system.ts';
import { admissionOf, isAdmission, type Told } from './retell.ts';
import { stepsOf, type EssentialStep } from './witness.ts';

/** An essential step of a run; its index is the run's own. */
export interface RunStep extends EssentialStep {
  /** Number of the event in the trace. */
  readonly seq: number;
  readonly atMs: number;
  /** Who sent the entry that is appended; null for any other step. */
  readonly from: string | null;
}

export interface Retraced {
  /** The fewest essential steps of the run that break the property; null where it cannot be followed. */
  readonly steps: readonly RunStep[] | null;
  /** Why not; null if it can. */
  readonly why: string | null;
}

/** Goes on with the state in `next`, used up to a place of the run. */
type Go = (place: number, entries: readonly Admitted[]) => void;

/** States after which following a run is given up. */
const MOST = 20_000;

/** An entry of the run, and where the model has it. */
interface Admitted {
  readonly group: number;
  readonly position: number;
  readonly entry: RunEntry;
}

/** A state on the way, with how far the run has been used up. */
interface Way {
  readonly state: Uint8Array;
  /** Entries of the run admitted so far, in that order. */
  readonly entries: readonly Admitted[];
  /** Place in the trace up to which it has been followed. */
  readonly at: number;
  readonly depth: number;
  readonly before: Way | null;
  readonly told: Told | null;
}

/** Follows a recorded run in the model. @param trace must be recorded */
export function retrace(scenario: Scenario, trace: readonly TraceEvent[], violation: Violation): Retraced {
  const happened = new Happenings(trace, trace.findLastIndex((e) => e.atMs <= violation.atMs) + 1);
  const touched = untouched();
  try {
    for (;;) {
      const pursuit = new Pursuit(scenario, happened, violation.property, touched);
      const retraced = pursuit.follow();
      if (retraced !== null) return retraced;
      Object.assign(touched, pursuit.model.touched);
    }
  } catch (error) {
    if (error instanceof ModelLimit) return { steps: null, why: error.message };
    throw error;
  }
}

/** All the run can do, without a bound but the one that a snapshot may be needed where one was installed. */
function boundOf(happened: Happenings): { [of in 'commits' | 'crashes' | 'memberChanges' | 'snapshots']: number } {
  return { commits: 15, crashes: 15, memberChanges: 15, snapshots: Math.min(3, happened.installs) };
}

/** One run being followed: breadth first, by essential steps. */
class Pursuit {
  readonly model: Model;
  readonly #happened: Happenings;
  readonly #then: Touched;
  readonly #system: System;
  readonly #checks: Checks;
  readonly #wanted: number;
  /** The least that was used up of the run to get to a state. */
  readonly #known = new Map<string, number>();
  readonly #queues: Way[][] = [[]];
  #way!: Way;

  constructor(scenario: Scenario, happened: Happenings, property: string, touched: Touched) {
    this.#happened = happened;
    this.#then = { ...touched };
    this.model = modelOf(scenario, { ...touched }, boundOf(happened));
    this.#system = new System(this.model);
    this.#checks = new Checks(this.#system);
    this.#wanted = this.#checks.safety.findIndex(({ name }) => name === property);
  }

  /** Null if states have to be told apart more finely. */
  follow(): Retraced | null {
    if (this.#wanted < 0) return { steps: null, why: 'the model does not judge this property' };
    const state = new Uint8Array(this.model.stride);
    this.#system.initial(state);
    this.#take({ state, entries: [], at: NOWHERE, depth: 0, before: null, told: null });
    for (let depth = 0; depth < this.#queues.length; depth++) {
      const queue = (this.#queues[depth] ??= []);
      for (let i = 0; i < queue.length; i++) {
        const way = queue[i]!;
        if (this.#breaks(way.state)) return this.#end(way);
        if (looksFurther(this.model.touched, this.#then)) return null;
        if (this.#known.size > MOST) return { steps: null, why: `more than ${MOST} ways to tell the run` };
        this.#way = way;
        this.#system.successors(way.state, this.#sink);
      }
    }
    return { steps: null, why: 'the model has no run that does what this one did' };
  }

  #breaks(state: Uint8Array): boolean {
    return (this.#checks.broken(state) & (1 << this.#wanted)) !== 0;
  }

  #end(last: Way): Retraced {
    const ways: Way[] = [];
    for (let way: Way | null = last; way !== null; way = way.before) ways.unshift(way);
    const steps = ways.flatMap((way) => this.#stepsOf(way)).map((step, i) => ({ ...step, n: i + 1 }));
    return { steps, why: null };
  }

  #stepsOf({ told, at, entries }: Way): RunStep[] {
    if (told === null) return [];
    const index = entryOf(entries, told.group, told.detail)?.index;
    const event = this.#happened.at(at);
    return stepsOf({ system: this.#system }, [told], () => index ?? told.detail + 1).map((step) => ({
      ...step,
      seq: event?.seq ?? 0,
      atMs: event?.atMs ?? 0,
      from: step.kind === 'append' ? (this.model.nodes[this.model.leader(told.after, told.group)] ?? null) : null,
    }));
  }

  readonly #sink = (cost: 0 | 1 | 2, move: Move, node: number, group: number, detail: number, idle: boolean): void => {
    this.model.plan.recent.length = 0;
    if (idle) return;
    const { next } = this.#system;
    const { at, depth, state: before } = this.#way;
    const go: Go = (place, entries) => {
      const admission = admissionOf(this.model, move);
      const told: Told = { cost, move, node, group, detail, ...admission, before, after: next.slice() };
      const way = { state: told.after, entries, at: place, depth: depth + cost, before: this.#way, told };
      this.#take(way);
    };
    const { entries } = this.#way;
    if (isAdmission(move)) return this.#admitted(move, group, detail, go);
    if (cost === 0) return go(at, entries);
    const place = this.#placeOf(move, node, group, detail);
    if (place !== NOWHERE) go(place, entries);
  };

  /** Each entry of the run that this can be, as a way of its own. */
  #admitted(move: Move, group: number, detail: number, go: Go): void {
    const { model } = this;
    const { next } = this.#system;
    const { name } = model.groups[group]!;
    const leader = model.nodes[model.leader(next, group)];
    const position = move === Move.Member ? model.plan.admitted.position : detail;
    const content = this.#contentAt(group, position);
    for (const entry of this.#happened.entries) {
      if (entry.at <= this.#way.at || entry.group !== name || entry.node !== leader || !this.#isOf(entry, content))
        continue;
      go(entry.at, [...this.#way.entries, { group, position, entry }]);
    }
  }

  #contentAt(group: number, position: number): Content {
    const { model } = this;
    const leader = model.leader(this.#system.next, group);
    const replica = model.groups[group]!.replicaOf[leader]!;
    return model.content(group, this.#system.next[model.replicaAt[replica]! + LOG + position - 1]!);
  }

  #isOf(entry: RunEntry, content: Content): boolean {
    if (content.kind === 'op') return entry.name === content.op;
    if (content.kind === 'write')
      return entry.opcode >= 0 && this.model.facts.subject.opcodes[entry.name] === undefined;
    if (entry.name !== 'conf change') return false;
    const config = this.#happened.configAfter(entry);
    if (config === undefined) return true;
    const name = this.model.nodes[content.node]!;
    if (content.change === 'addLearner') return config.learners.includes(name);
    return config.voters.includes(name) === (content.change === 'promote');
  }

  /** Where in the run a move took place, from here on. */
  #placeOf(move: Move, node: number, group: number, detail: number): number {
    const { model } = this;
    const happened = this.#happened;
    const { next } = this.#system;
    const { at, entries } = this.#way;
    const name = model.nodes[node] ?? '';
    const groupName = model.groups[group]?.name ?? '';
    const build = model.builds[model.build(next, node)]?.name ?? '';
    const entry = entryOf(entries, group, detail);
    switch (move) {
      case Move.Start:
        return happened.started(name, at);
      case Move.Upgrade:
      case Move.RollBack:
      case Move.Restart:
        return happened.returned(name, build, false, at);
      case Move.Crash:
        return happened.returned(name, build, true, at);
      case Move.Stop:
      case Move.Lose:
        return happened.wentDown(name, at);
      case Move.Elect:
        return happened.ledFrom(name, groupName, at);
      case Move.Snapshot:
        return happened.willInstall(groupName, at) ? at : NOWHERE;
      default:
    }
    if (entry === undefined) return NOWHERE;
    switch (move) {
      case Move.Append:
        return happened.appended(name, model.nodes[model.leader(next, group)]!, entry, at);
      case Move.Install:
        return happened.installed(name, entry, at);
      case Move.Commit:
        return happened.committed(name, entry, at);
      case Move.Apply:
        return happened.applied(name, entry, at);
      case Move.Halt:
        return happened.halted(name, entry, at);
      default:
        return NOWHERE;
    }
  }

  /** Keeps a way unless the same state is known with as much of the run still ahead. */
  #take(way: Way): void {
    const key = keyOf(way);
    const known = this.#known.get(key);
    if (known !== undefined && known <= way.at) return;
    this.#known.set(key, way.at);
    (this.#queues[way.depth] ??= []).push(way);
  }
}

function entryOf(entries: readonly Admitted[], group: number, position: number): RunEntry | undefined {
  return entries.findLast((one) => one.group === group && one.position === position)?.entry;
}

function keyOf({ state, entries }: Way): string {
  const admitted = entries
    .map(({ group, position, entry }) => `${group} ${position}:${entry.index}.${entry.term}`)
    .join(' ');
  return `${Buffer.from(state).toString('latin1')}|${admitted}`;
}
