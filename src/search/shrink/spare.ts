// Groups and nodes that a failing run can do without. A cluster of four nodes and two groups is more to think about than one
// of three and one; whoever reads the story is told what of it does not matter, and that is tried, not guessed: the run is
// repeated in a cluster that has never had them. Choices are found again by their content.
import { InputError } from '../../base/errors.ts';
import type { Plan } from '../../scenario/plan.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { TapeChoice } from '../../sim/kernel/choices.ts';
import { play, type Trial } from './trial.ts';

/** What a run can do without. */
export interface Spared {
  readonly groups: readonly string[];
  readonly nodes: readonly string[];
}

/** The groups and nodes without which these choices still show the failure. */
export function spare(choices: readonly TapeChoice[], trial: Trial): Spared {
  const { cluster } = trial.scenario;
  let spared: Spared = { groups: [], nodes: [] };
  const attempt = (more: Spared): void => {
    if (!trial.isOver && showsWithout(more, choices, trial)) spared = more;
  };
  for (const { name } of cluster.groups) attempt({ ...spared, groups: [...spared.groups, name] });
  for (const name of [...cluster.nodes].reverse()) attempt({ ...spared, nodes: [...spared.nodes, name] });
  return spared;
}

function showsWithout(spared: Spared, choices: readonly TapeChoice[], trial: Trial): boolean {
  const smaller = without(trial.scenario, spared);
  if (smaller === null) return false;
  trial.runs++;
  try {
    return trial.breaks(play(smaller, choices).result) !== null;
  } catch (error) {
    // A property that speaks of what is left out cannot be judged without it.
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** The scenario in a smaller cluster; null where nothing would be left of it. */
export function without(scenario: Scenario, { groups, nodes }: Spared): Scenario | null {
  const stays = (node: string): boolean => !nodes.includes(node);
  const left = scenario.cluster.groups
    .filter(({ name }) => !groups.includes(name))
    .map((group, i) => ({
      ...group,
      id: i + 1,
      voters: group.voters.filter(stays),
      learners: group.learners.filter(stays),
    }));
  if (left.length === 0 || left.some(({ voters }) => voters.length === 0)) return null;
  const cluster = { ...scenario.cluster, nodes: scenario.cluster.nodes.filter(stays), groups: left };
  return { ...scenario, cluster, plan: prune(scenario.plan, { groups, nodes }) };
}

const NOTHING: Plan = { plan: 'seq', steps: [] };

/** A plan without the steps that concern what is left out; the others keep their places, and so their choices. */
function prune(plan: Plan, spared: Spared): Plan {
  const part = (step: Plan): Plan => prune(step, spared);
  const others = (names: readonly string[], gone: readonly string[]): string[] =>
    names.filter((n) => !gone.includes(n));
  switch (plan.plan) {
    case 'seq':
    case 'anyOrder':
      return { ...plan, steps: plan.steps.map(part) };
    case 'par':
      return { ...plan, branches: plan.branches.map(part) };
    case 'maybe':
    case 'times':
      return { ...plan, step: part(plan.step) };
    case 'rolling': {
      const nodes = others(plan.nodes, spared.nodes);
      const [least, most] = plan.stopAfter;
      const stopAfter = [Math.min(least, nodes.length), Math.min(most, nodes.length)] as const;
      return nodes.length === 0 ? NOTHING : { ...plan, nodes, stopAfter };
    }
    case 'start':
      return plan.nodes === null ? plan : { ...plan, nodes: others(plan.nodes, spared.nodes) };
    case 'addLearner':
    case 'promote':
    case 'removeMember': {
      const groups = others(plan.groups, spared.groups);
      return spared.nodes.includes(plan.node) || groups.length === 0 ? NOTHING : { ...plan, groups };
    }
    default:
      return concerns(plan, spared) ? NOTHING : plan;
  }
}

/** Whether a step goes to a group or a node that is left out. */
function concerns(plan: Plan, { groups, nodes }: Spared): boolean {
  if ('node' in plan && nodes.includes(plan.node)) return true;
  if ('group' in plan && groups.includes(plan.group)) return true;
  if (plan.plan !== 'call' || plan.to === null) return false;
  if (typeof plan.to === 'string') return nodes.includes(plan.to);
  return groups.includes(plan.to.group) || (plan.to.t === 'listener' && nodes.includes(plan.to.node));
}
