// Groups of a scenario, laid out: who may host them, which entries they can come to hold, how much room their logs need.
// All of it follows from what the plan can propose within the bound; what does not fit is refused here, by name.
import type { Faults } from '../../scenario/faults.ts';
import type { Plan } from '../../scenario/plan.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { SubjectDefinition } from '../../scenario/subject.ts';
import type { ResolvedBound } from './bound.ts';
import { ModelLimit } from './limit.ts';
import type { Content, GroupSpec, ReplicaSpec } from './model.ts';
import type { PlanTree } from './plan-tree.ts';

function exercises(plan: Plan): boolean {
  switch (plan.plan) {
    case 'seq':
    case 'anyOrder':
      return plan.steps.some(exercises);
    case 'par':
      return plan.branches.some(exercises);
    case 'maybe':
    case 'times':
      return exercises(plan.step);
    default:
      return plan.plan === 'exercise';
  }
}

/** Whether a menu of faults has anything on it that can unseat a leader. */
export function disturbs(menu: Faults): boolean {
  const { partition, lossPerMillion, delayMs, crashMax, pauseMax, clockSkewMs } = menu;
  return (
    partition.length > 0 || lossPerMillion[1] > 0 || delayMs[1] > 0 || crashMax > 0 || pauseMax > 0 || clockSkewMs > 0
  );
}

/** @throws ModelLimit where a scenario is larger than a record, or asks for what the model folds away */
export function checkSizes(scenario: Scenario): void {
  const { nodes, groups } = scenario.cluster;
  if (nodes.length > 15) throw new ModelLimit(`${nodes.length} nodes; the exhaustive model holds 15`);
  if (groups.length > 7) throw new ModelLimit(`${groups.length} groups; the exhaustive model holds 7`);
  if (scenario.builds.length > 31)
    throw new ModelLimit(`${scenario.builds.length} builds; the exhaustive model holds 31`);
  const subjects = new Set(scenario.builds.map((build) => build.subject));
  if (exercises(scenario.plan)) throw new ModelLimit('the plan exercises Raft itself, which this model folds away');
  if (subjects.size > 1) throw new ModelLimit('builds of more than one subject in one cluster');
}

/** One group of a scenario, laid out; its replicas are added to the list of all. */
export function groupSpec(
  scenario: Scenario,
  tree: PlanTree,
  bound: ResolvedBound,
  g: number,
  replicas: ReplicaSpec[],
): GroupSpec {
  const { cluster } = scenario;
  const { name, voters, learners } = cluster.groups[g]!;
  const mask = (names: readonly string[]): number =>
    names.reduce((bits, node) => bits | (1 << cluster.nodes.indexOf(node)), 0);
  const steps = tree.leaves.flatMap(({ action }) =>
    action !== null && 'group' in action && action.group === g ? [action] : [],
  );
  const contents = contentsOf(scenario, steps);
  if (contents.length > 16) throw new ModelLimit(`more than 15 distinct entries for ${name}`);
  const replicaOf = new Int32Array(cluster.nodes.length).fill(-1);
  const joins = steps.flatMap((step) => (step.do === 'member' ? [step.node] : []));
  for (const [n, node] of cluster.nodes.entries()) {
    if (!voters.includes(node) && !learners.includes(node) && !joins.includes(n)) continue;
    replicaOf[n] = replicas.push({ node: n, group: g }) - 1;
  }
  const own = [...replicaOf].filter((r) => r >= 0);
  const room = roomOf(scenario.plan, bound, name);
  const promoted = steps.flatMap((step) => (step.do === 'member' && step.change === 'promote' ? [step.node] : []));
  const everVoters = promoted.reduce((bits, n) => bits | (1 << n), mask(voters));
  return { name, voters: mask(voters), learners: mask(learners), everVoters, replicaOf, replicas: own, room, contents };
}

type GroupAction = Extract<NonNullable<PlanTree['leaves'][number]['action']>, { readonly group: number }>;

function contentsOf(scenario: Scenario, steps: readonly GroupAction[]): (Content | null)[] {
  const contents: (Content | null)[] = [null];
  const add = (content: Content): void => {
    const text = JSON.stringify(content);
    if (!contents.some((other) => JSON.stringify(other) === text)) contents.push(content);
  };
  const { rpcs } = scenario.builds[0]!.subject;
  for (const step of steps) {
    if (step.do === 'write') add(writeOf(scenario.builds[0]!.subject, step.kv));
    if (step.do === 'member') add({ kind: 'member', change: step.change, node: step.node });
    if (step.do !== 'call') continue;
    const op = rpcs[step.rpc]?.proposes;
    if (op !== undefined) add({ kind: 'op', op, args: step.args });
  }
  return contents;
}

/** A KV write as an entry: the subject's own `put` where it has one. Key and value not given are drawn; one pair stands for all. */
export function writeOf(subject: SubjectDefinition, kv: Readonly<Record<string, string>> | null): Content {
  if (subject.program !== null || subject.opcodes['put'] === undefined) return { kind: 'write' };
  const [key, value] = Object.entries(kv ?? { a: 'v0' })[0] ?? ['a', 'v0'];
  return { kind: 'op', op: 'put', args: { key, value } };
}

/** Membership entries of a node that is replaced: it is removed, added and promoted. */
const REPLACEMENT = 3;

/** How many entries a group's log can come to hold: what the plan can propose to it, within the bound. */
function roomOf(plan: Plan, bound: ResolvedBound, group: string): number {
  const { entries, members, replaced } = proposals(plan, group);
  const changes = Math.min(members, bound.memberChanges) + REPLACEMENT * Math.min(replaced, bound.memberChanges);
  const room = Math.min(entries, bound.commits) + changes;
  if (room > 15) throw new ModelLimit(`${room} entries in the log of ${group}; the exhaustive model holds 15`);
  return room;
}

interface Proposals {
  readonly entries: number;
  readonly members: number;
  readonly replaced: number;
}

const NONE: Proposals = { entries: 0, members: 0, replaced: 0 };

function proposals(plan: Plan, group: string): Proposals {
  const sum = (parts: readonly Plan[]): Proposals =>
    parts
      .map((part) => proposals(part, group))
      .reduce(
        (total, { entries, members, replaced }) => ({
          entries: total.entries + entries,
          members: total.members + members,
          replaced: total.replaced + replaced,
        }),
        NONE,
      );
  switch (plan.plan) {
    case 'seq':
    case 'anyOrder':
      return sum(plan.steps);
    case 'par':
      return sum(plan.branches);
    case 'maybe':
      return proposals(plan.step, group);
    case 'times':
      return sum(new Array<Plan>(plan.most).fill(plan.step));
    case 'call': {
      const { to } = plan;
      const elsewhere = to !== null && typeof to === 'object' && to.group !== group;
      return elsewhere ? NONE : { ...NONE, entries: 1 };
    }
    case 'write':
      return plan.group === group ? { ...NONE, entries: 1 } : NONE;
    case 'addLearner':
    case 'promote':
    case 'removeMember':
      return plan.groups.includes(group) ? { ...NONE, members: 1 } : NONE;
    case 'replaceNode':
      return { ...NONE, replaced: 1 };
    default:
      return NONE;
  }
}
