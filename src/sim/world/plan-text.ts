// A step of a plan as a phrase, for traces and tables.
import { diskWords, type Target } from '../../scenario/plan.ts';
import type { Step } from './plan-cursor.ts';

/** Where a call goes, as a phrase. */
function targetText(target: Target | null): string {
  if (target === null) return 'leader';
  if (typeof target === 'string') return target;
  return target.t === 'leader' ? `leader of ${target.group}` : `${target.node}/${target.group}`;
}

/** What a step does, as a phrase. */
export function stepText(step: Step): string {
  switch (step.plan) {
    case 'start':
      return `start ${step.build.name} on ${step.nodes === null ? 'every node' : step.nodes.join(' ')}`;
    case 'restart':
      return step.as === null ? `restart ${step.node}` : `restart ${step.node} as ${step.as.name}`;
    case 'upgrade':
      return `upgrade ${step.node} to ${step.to.name}`;
    case 'rollBack':
      return `roll ${step.node} back`;
    case 'call':
      return `${step.rpc} at ${targetText(step.to)}`;
    case 'write':
      return `write ${step.group}`;
    case 'addLearner':
      return `add learner ${step.node} to ${step.groups.join(' ')}`;
    case 'promote':
      return `promote ${step.node} in ${step.groups.join(' ')}`;
    case 'removeMember':
      return `remove ${step.node} from ${step.groups.join(' ')}`;
    case 'replaceNode':
      return `replace ${step.node}`;
    case 'transferLeadership':
      return `transfer leadership of ${step.group}${step.to === null ? '' : ` to ${step.to}`}`;
    case 'compact':
      return `compact ${step.group}`;
    case 'crash':
      return `crash ${step.node}`;
    case 'stop':
      return `stop ${step.node}`;
    case 'exercise':
      return `exercise ${step.group}`;
    case 'disk':
      return diskWords(step);
    case 'crashWriting':
      return `power cut of ${step.node} after ${step.after} changes of files`;
    case 'wait':
      return `wait ${step.for}`;
    case 'settle':
      return step.for === null ? 'settle' : `settle ${step.for}`;
  }
}
