// Where a run could have been stopped: the gate points it passed, each in the build that passed it. A change of a gate that
// the shortest violation never passes leaves that violation as it is, so whatever one change can repair is found here.
import type { Build } from '../scenario/build.ts';
import { TRUE } from '../gate/formula.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Searched } from './exhaustive.ts';
import type { Model } from './model/model.ts';
import { Move } from './model/moves.ts';
import type { Told } from './retell.ts';
import { rpcOf } from './witness.ts';

/** A point that a run passed, or could have been stopped at. */
export interface Suspect {
  /** The build it passed it in; where one change would not do, every build that has the same gate there. */
  readonly builds: readonly [Build, ...Build[]];
  readonly at: string;
}

const STARTS: readonly Move[] = [Move.RollBack, Move.Upgrade, Move.Restart, Move.Crash, Move.Start];

/** A point passed by a node. */
interface Passed {
  readonly build: number;
  readonly at: string;
}

/** Whether a gate point stands before entries of the feature. */
export function isAdmission(at: string): boolean {
  return at !== 'startup' && at !== 'join' && at !== 'promote' && at !== 'connect';
}

/** The gate points a run passed; each build's once. Admissions and memberships come first, then connections, then starts. */
export function suspectsIn(searched: Searched, told: readonly Told[]): Suspect[] {
  const { model } = searched.system;
  const suspects: Suspect[] = [];
  const passed = [admitted, connected, started].flatMap((pass) => told.flatMap((t) => pass(model, t)));
  for (const { build, at } of passed) {
    const found = model.builds[build];
    if (found === undefined || suspects.some((s) => s.builds[0] === found && s.at === at)) continue;
    suspects.push({ builds: [found], at });
  }
  return suspects;
}

function admitted(model: Model, t: Told): Passed[] {
  if (t.move === Move.Admit) {
    const build = model.build(t.after, t.node);
    const rpc = rpcOf(model, t);
    return rpc === undefined ? [] : [rpc, 'wire'].map((at) => ({ build, at }));
  }
  if (t.move !== Move.Member) return [];
  const { action } = model.plan.tree.nodes[t.detail]!;
  const change = action?.do === 'member' ? action.change : 'removeMember';
  if (change === 'removeMember') return [];
  const build = model.build(t.after, model.leader(t.after, t.group));
  return [{ build, at: change === 'promote' ? 'promote' : 'join' }];
}

/** Either end of a connection may refuse what travels over it. */
function connected(model: Model, t: Told): Passed[] {
  if (t.move !== Move.Append && t.move !== Move.Install) return [];
  const ends = [t.node, model.leader(t.after, t.group)].filter((node) => node >= 0);
  return ends.map((node) => ({ build: model.build(t.after, node), at: 'connect' }));
}

/** Starts of processes, but for those that set the cluster up. */
function started(model: Model, t: Told): Passed[] {
  if (t.node < 0 || !STARTS.includes(t.move)) return [];
  const action = t.move === Move.Start ? model.plan.tree.nodes[t.detail]?.action : null;
  if (action?.do === 'start' && action.setUp) return [];
  return [{ build: model.build(t.after, t.node), at: 'startup' }];
}

/** The suspect in every build that has the same gate at that point; nothing where there is one such build. */
export function sharedBy(scenario: Scenario, { builds: [first], at }: Suspect): Suspect[] {
  const others = scenario.builds.filter((build) => build.name !== first.name && sameGate(build, first, at));
  return others.length === 0 ? [] : [{ builds: [first, ...others], at }];
}

function sameGate(one: Build, other: Build, at: string): boolean {
  const textAt = (build: Build): string => JSON.stringify(build.gates[at] ?? TRUE);
  return textAt(one) === textAt(other) && one.serves.includes(at) === other.serves.includes(at);
}
