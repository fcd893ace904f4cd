// The rollout of one node as a chart: which release may follow which, what a start decides, what an operator may then
// ask. The guards are the gates of the stage table, so the chart cannot say "safe" where a gate says otherwise. The
// simulator does not run it; a test and the explorer walk it for every operator path, and documentation draws it.
import { and, not, or, setup } from 'xstate';
import type { GuardPredicate } from 'xstate';
import type { Formula } from '../gate/formula.ts';
import { atomsOf } from '../gate/formula.ts';
import type { NamedGate } from '../gate/gate.ts';
import { GATES, capableCluster } from './gates.ts';
import { STAGES } from './stages.ts';
import type { Stage } from './stages.ts';

/** An operator's act on one node; `holds` are the facts true at that moment. */
export interface RolloutEvent {
  readonly type: 'UPGRADE' | 'ROLL_BACK' | 'START' | 'STOP' | 'ENABLE_STORAGE_ENVELOPE' | 'ENABLE_RAFT_ENVELOPE';
  readonly holds: readonly string[];
}

type Guard = string | GuardPredicate<object, RolloutEvent, undefined, { type: string; params: undefined }>;
interface Edge {
  readonly target: string;
  readonly guard?: Guard;
}
interface StageNode {
  readonly initial: 'stopped';
  readonly states: Readonly<Record<string, { readonly on: Readonly<Record<string, readonly Edge[]>> }>>;
}

/** Every fact a gate of the rollout reads, each once. */
export const ROLLOUT_FACTS: readonly string[] = GATES.flatMap((gate) => atomsOf(gate.formula)).filter(
  (fact, i, all) => all.indexOf(fact) === i,
);

const factGuards = Object.fromEntries(
  ROLLOUT_FACTS.map((fact) => [fact, ({ event }: { event: RolloutEvent }) => event.holds.includes(fact)]),
);

/** A gate as an XState guard; the two constants are the empty conjunction and the empty disjunction. */
function guardOf(formula: Formula): Guard {
  switch (formula.f) {
    case 'true':
      return and([]) as unknown as Guard;
    case 'false':
      return or([]) as unknown as Guard;
    case 'atom':
      return formula.name;
    case 'not':
      return not(guardOf(formula.of) as never) as unknown as Guard;
    case 'and':
      return and(formula.of.map(guardOf) as never) as unknown as Guard;
    case 'or':
      return or(formula.of.map(guardOf) as never) as unknown as Guard;
  }
}

function behind(gate: NamedGate, target: string): Edge {
  return { target, guard: guardOf(gate.formula) };
}

/** Releases change while the process is down; what it may do is decided when it starts, and cutovers when asked. */
function stageNode(stage: Stage, at: number): StageNode {
  const next = STAGES[at + 1];
  const previous = STAGES[at - 1];
  const stopped = {
    UPGRADE: next === undefined ? [] : [{ target: `#${idOf(next)}` }],
    ROLL_BACK: previous === undefined ? [] : [{ target: `#${idOf(previous)}` }],
    START: [behind(stage.mutators, 'mutating'), { target: 'reading' }],
  };
  const reading = { STOP: [{ target: 'stopped' }] };
  const storage = canCutOver(stage, 'EnableStorageEnvelope') ? [behind(capableCluster, 'storageEnveloped')] : [];
  const raft = canCutOver(stage, 'EnableRaftEnvelope') ? [behind(capableCluster, 'raftEnveloped')] : [];
  return {
    initial: 'stopped',
    states: {
      stopped: { on: stopped },
      reading: { on: reading },
      mutating: { on: { ...reading, ENABLE_STORAGE_ENVELOPE: storage, ENABLE_RAFT_ENVELOPE: raft } },
      storageEnveloped: { on: { ...reading, ENABLE_RAFT_ENVELOPE: raft } },
      raftEnveloped: { on: reading },
    },
  };
}

/** A cutover is open where its handler is there, its fan-out can be wired and its own switch is on. */
function canCutOver(stage: Stage, rpc: 'EnableStorageEnvelope' | 'EnableRaftEnvelope'): boolean {
  const wired = stage.handlers.includes(rpc) && stage.fanout.formula.f !== 'false';
  return wired && (rpc === 'EnableStorageEnvelope' || stage.raftWrapGate);
}

function idOf(stage: Stage): string {
  return `stage ${stage.name}`;
}

/**
 * The chart: a state for each release with its five conditions of a process inside. Evaluate it with XState's pure
 * `initialTransition` and `transition`; it has no actors, no timers and no context.
 */
export const rollout = setup({ types: { events: {} as RolloutEvent }, guards: factGuards }).createMachine({
  id: 'rollout',
  initial: STAGES[0]?.name as string,
  states: Object.fromEntries(
    STAGES.map((stage, at) => [stage.name, { id: idOf(stage), ...(stageNode(stage, at) as object) }]),
  ),
});
