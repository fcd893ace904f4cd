// A plan as a tree, so that a reader sees what operators do, in which order, and what is left to chance, before
// reading what went wrong. Plans are data: the words here are rendered from them and cannot drift.
import { diskWords, type Plan, type Target } from '../scenario/plan.ts';

function target(to: Target | null): string {
  if (to === null) return '';
  if (typeof to === 'string') return ` at ${to}`;
  return to.t === 'leader' ? ` at leader of ${to.group}` : ` at ${to.node}, listener of ${to.group}`;
}

function argsOf(args: Readonly<Record<string, string>>): string {
  const given = Object.keys(args).map((key) => `${key}=${args[key] ?? ''}`);
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

function range(least: number, most: number): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

function rollingText(plan: Plan & { readonly plan: 'rolling' }): string {
  const order = plan.order === 'any' ? ', in any order' : '';
  const [least, most] = plan.stopAfter;
  const all = least === plan.nodes.length && most === plan.nodes.length;
  const stop = all ? '' : `, stopping after ${range(least, most)}`;
  const back = plan.mayRollBack > 0 ? `, ${plan.mayRollBack} may go back` : '';
  return `upgrade ${plan.nodes.join(' ')} to ${plan.to.name}${order}${stop}${back}`;
}

/** One plan node in words, without what stands below it. */
function planText(plan: Plan): string {
  switch (plan.plan) {
    case 'seq':
      return 'one after the other';
    case 'par':
      return 'side by side';
    case 'anyOrder':
      return 'in any order';
    case 'maybe':
      return 'maybe';
    case 'times':
      return `${range(plan.least, plan.most)} times`;
    case 'start':
      return `start ${plan.build.name} on ${plan.nodes === null ? 'every member' : plan.nodes.join(' ')}`;
    case 'restart':
      return `restart ${plan.node}${plan.as === null ? '' : ` as ${plan.as.name}`}`;
    case 'rolling':
      return rollingText(plan);
    case 'call':
      return `${plan.rpc}${argsOf(plan.args)}${target(plan.to)}`;
    case 'write':
      return `write ${plan.group}${plan.kv === null ? '' : ` ${argsOf(plan.kv)}`}`;
    case 'addLearner':
      return `add learner ${plan.node} to ${plan.groups.join(' ')}`;
    case 'promote':
      return `promote ${plan.node} in ${plan.groups.join(' ')}`;
    case 'removeMember':
      return `remove ${plan.node} from ${plan.groups.join(' ')}`;
    case 'replaceNode':
      return `replace ${plan.node} by an empty node${plan.as === null ? '' : ` as ${plan.as.name}`}`;
    case 'transferLeadership':
      return `transfer leadership of ${plan.group}${plan.to === null ? '' : ` to ${plan.to}`}`;
    case 'compact':
      return `compact ${plan.group}`;
    case 'crash':
    case 'stop':
      return `${plan.plan} ${plan.node}`;
    case 'exercise':
      return `exercise ${plan.group}: ${range(plan.least, plan.most)} operations of ${Object.keys(plan.mix).join(', ')}`;
    case 'disk':
      return diskWords(plan);
    case 'crashWriting':
      return `power cut of ${plan.node} after ${plan.after} changes of files`;
    case 'wait':
      return `wait ${plan.for}`;
    case 'settle':
      return plan.for === null ? 'settle' : `settle at most ${plan.for}`;
  }
}

/** The plans directly below one; a sequence below a sequence is part of it. */
function below(plan: Plan): readonly Plan[] {
  switch (plan.plan) {
    case 'seq':
      return plan.steps.flatMap((step) => (step.plan === 'seq' ? below(step) : [step]));
    case 'anyOrder':
      return plan.steps;
    case 'par':
      return plan.branches;
    case 'maybe':
    case 'times':
      return plan.step.plan === 'seq' ? below(plan.step) : [plan.step];
    default:
      return [];
  }
}

/** A node of few words that stands above one leaf is said together with it: `maybe promote n4 in g1`. */
function oneLine(plan: Plan): string | null {
  const parts = below(plan);
  if (parts.length === 0) return planText(plan);
  const only = parts[0];
  if ((plan.plan !== 'maybe' && plan.plan !== 'times') || only === undefined || parts.length > 1) return null;
  const text = oneLine(only);
  return text === null ? null : `${planText(plan)}${plan.plan === 'times' ? ':' : ''} ${text}`;
}

function subtree(plan: Plan, first: string, rest: string): string[] {
  const line = oneLine(plan);
  if (line !== null) return [first + line];
  return [first + planText(plan), ...children(plan, rest)];
}

function children(plan: Plan, indent: string): string[] {
  const parts = below(plan);
  return parts.flatMap((part, i) => {
    const last = i === parts.length - 1;
    return subtree(part, `${indent}${last ? '└─ ' : '├─ '}`, `${indent}${last ? '   ' : '│  '}`);
  });
}

/** The lines of a plan's tree. The sequence at the top is the trunk and needs no words. */
export function planTree(plan: Plan): string[] {
  return plan.plan === 'seq' ? children(plan, '') : subtree(plan, '', '');
}
