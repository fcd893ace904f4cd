// Operator paths as plans. A feature's life drawn as an XState machine says which RPC may follow which; every path through
// it is one order in which operators may go, and each becomes a plan that can be run and searched.
import type { AnyStateMachine } from 'xstate';
import { getShortestPaths, getSimplePaths } from 'xstate/graph';
import { seq, type Plan, type Target } from '../scenario/plan.ts';
import type { SubjectDefinition } from '../scenario/subject.ts';

export interface PathOptions {
  readonly to?: Target;
  /** Most calls of a path; default 8. */
  readonly maxLength?: number;
  /** One shortest path to each state, instead of every path without a loop. */
  readonly shortest?: boolean;
}

/** One order of calls. */
export interface OperatorPath {
  readonly rpcs: readonly string[];
  /** State of the feature's life it ends in, as text. */
  readonly ends: string;
  readonly plan: Plan;
}

/** Every path through a machine whose events are RPCs, guards taken as open: which of them a gate refuses is for the run to say. */
export function operatorPaths(
  machine: AnyStateMachine,
  subject: SubjectDefinition,
  options: PathOptions = {},
): OperatorPath[] {
  const opened = machine.provide({
    guards: Object.fromEntries(Object.keys(subject.atoms).map((name) => [name, () => true])),
  });
  const events = Object.keys(subject.rpcs).map((type) => ({ type }));
  const search = options.shortest === true ? getShortestPaths : getSimplePaths;
  const paths = search(opened, { events, limit: 10_000 });
  const most = options.maxLength ?? 8;
  return paths
    .map((path) => ({
      rpcs: path.steps.map((step) => step.event.type).filter((type) => subject.rpcs[type] !== undefined),
      ends: JSON.stringify(path.state.value),
    }))
    .filter(({ rpcs }) => rpcs.length > 0 && rpcs.length <= most)
    .map(({ rpcs, ends }) => ({ rpcs, ends, plan: seq(...rpcs.map((rpc) => callOf(rpc, options.to))) }));
}

function callOf(rpc: string, to: Target | undefined): Plan {
  return { plan: 'call', rpc, to: to ?? null, args: {} };
}
