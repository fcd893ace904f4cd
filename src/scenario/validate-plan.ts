// Whether a plan can be carried out on a cluster at all: every node, group and RPC it names has to exist. A step on a
// node that is not there would be a step that silently does nothing, and the scenario would pass for the wrong reason.
import type { Cluster } from './cluster.ts';
import type { Build } from './build.ts';
import { durationMs } from './duration.ts';
import { inputError } from './place.ts';
import { EXERCISES, type Plan, type Target } from './plan.ts';
import { distinct, firstDuplicate, unknownName } from './suggest.ts';

/** The plans directly inside a plan, each with its path below the parent's. */
export function partsOf(plan: Plan): readonly (readonly [path: string, part: Plan])[] {
  switch (plan.plan) {
    case 'seq':
    case 'anyOrder':
      return plan.steps.map((step, i) => [`steps[${i}]`, step] as const);
    case 'par':
      return plan.branches.map((branch, i) => [`branches[${i}]`, branch] as const);
    case 'maybe':
    case 'times':
      return [['step', plan.step] as const];
    default:
      return [];
  }
}

/** Calls `visit` for a plan and everything inside it, parents first, in order of writing. */
export function walkPlan(plan: Plan, visit: (plan: Plan, path: string) => void, path = 'plan'): void {
  visit(plan, path);
  for (const [below, part] of partsOf(plan)) walkPlan(part, visit, `${path}.${below}`);
}

/** The build a step starts something on; null if it starts none. */
export function buildOfStep(plan: Plan): Build | null {
  switch (plan.plan) {
    case 'start':
      return plan.build;
    case 'rolling':
      return plan.to;
    case 'restart':
    case 'replaceNode':
      return plan.as;
    default:
      return null;
  }
}

/**
 * Checks every step of a plan against its cluster and builds.
 * @throws InputError SCN003, SCN004, SCN006, SCN009
 */
export function checkPlan(plan: Plan, cluster: Cluster, builds: readonly Build[]): void {
  const rpcs = distinct(builds.flatMap((build) => Object.keys(build.subject.rpcs)));
  walkPlan(plan, (step, path) => checkStep(step, path, cluster, rpcs));
}

function checkStep(step: Plan, path: string, cluster: Cluster, rpcs: readonly string[]): void {
  const node = (name: string, at: string): void => nodeExists(cluster, name, `${path}.${at}`, step);
  const group = (name: string, at: string): void => groupExists(cluster, name, `${path}.${at}`, step);
  switch (step.plan) {
    case 'start':
      step.nodes?.forEach((name, i) => node(name, `nodes[${i}]`));
      break;
    case 'rolling':
      step.nodes.forEach((name, i) => node(name, `nodes[${i}]`));
      checkRolling(step, path);
      break;
    case 'restart':
    case 'replaceNode':
    case 'crash':
    case 'disk':
    case 'crashWriting':
    case 'stop':
      node(step.node, 'node');
      break;
    case 'exercise':
      group(step.group, 'group');
      checkExercise(step, path);
      break;
    case 'addLearner':
    case 'promote':
    case 'removeMember':
      node(step.node, 'node');
      if (step.groups.length === 0) throw inputError('SCN009', `${path}.groups: names no group`, step);
      step.groups.forEach((name, i) => group(name, `groups[${i}]`));
      break;
    case 'transferLeadership':
      group(step.group, 'group');
      if (step.to !== null) node(step.to, 'to');
      break;
    case 'write':
    case 'compact':
      group(step.group, 'group');
      break;
    case 'call':
      if (!rpcs.includes(step.rpc))
        throw inputError('SCN006', `${path}.rpc: ${unknownName('RPC', step.rpc, rpcs)}`, step);
      if (step.to !== null) checkTarget(step.to, `${path}.to`, cluster, step);
      break;
    case 'times':
      checkTimes(step, path);
      break;
    case 'wait':
    case 'settle':
      if (step.for !== null) durationMs(step.for, `${path}.for`, cluster.electionMs[0]);
      break;
    default:
      break;
  }
}

function checkTarget(to: Target, path: string, cluster: Cluster, step: Plan): void {
  if (typeof to === 'string') return nodeExists(cluster, to, path, step);
  groupExists(cluster, to.group, `${path}.group`, step);
  if (to.t === 'listener') nodeExists(cluster, to.node, `${path}.node`, step);
}

function checkExercise(step: Plan & { readonly plan: 'exercise' }, path: string): void {
  const { least, most, mix } = step;
  if (!(Number.isInteger(least) && Number.isInteger(most) && least >= 1 && least <= most)) {
    throw inputError('SCN009', `${path}.operations: wants [least, most] with 1 <= least <= most`, step);
  }
  for (const kind of Object.keys(mix)) {
    if (!EXERCISES.some((known) => known === kind)) {
      throw inputError('SCN009', `${path}.mix: ${unknownName('operation', kind, EXERCISES)}`, step);
    }
  }
  const weights = EXERCISES.map((kind) => mix[kind] ?? 0);
  if (!weights.every((n) => Number.isInteger(n) && n >= 0 && n <= 1_000) || weights.every((n) => n === 0)) {
    throw inputError('SCN009', `${path}.mix: wants whole weights from 0 to 1000, one of them more than 0`, step);
  }
}

function checkRolling(step: Plan & { plan: 'rolling' }, path: string): void {
  const twice = firstDuplicate(step.nodes);
  if (twice !== null) throw inputError('SCN002', `${path}.nodes[${twice.at}]: "${twice.name}" is rolled twice`, step);
  const [least, most] = step.stopAfter;
  if (!(
    Number.isInteger(least) &&
    Number.isInteger(most) &&
    least >= 0 &&
    least <= most &&
    most <= step.nodes.length
  )) {
    throw inputError('SCN009', `${path}.stopAfter: wants [least, most] within 0 to ${step.nodes.length} nodes`, step);
  }
  if (!Number.isInteger(step.mayRollBack) || step.mayRollBack < 0) {
    throw inputError('SCN009', `${path}.mayRollBack: wants a whole number of nodes, got ${step.mayRollBack}`, step);
  }
}

function checkTimes(step: Plan & { plan: 'times' }, path: string): void {
  const { least, most } = step;
  if (!(Number.isInteger(least) && Number.isInteger(most) && least >= 0 && least <= most)) {
    throw inputError('SCN009', `${path}: wants [least, most] with 0 <= least <= most, got [${least}, ${most}]`, step);
  }
}

function nodeExists(cluster: Cluster, name: string, path: string, step: Plan): void {
  if (!cluster.nodes.includes(name)) {
    throw inputError('SCN004', `${path}: ${unknownName('node', name, cluster.nodes)}`, step);
  }
}

function groupExists(cluster: Cluster, name: string, path: string, step: Plan): void {
  const names = cluster.groups.map((group) => group.name);
  if (!names.includes(name)) throw inputError('SCN003', `${path}: ${unknownName('group', name, names)}`, step);
}
