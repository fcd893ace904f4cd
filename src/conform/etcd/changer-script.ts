// Scripts of the configuration changer: one tracker that starts empty, changes applied to it one directive after another,
// and the configuration and progress that result. They reach error texts and joint states that no interaction of nodes
// leads to.
import { describeConfig, describeProgressMap, enterJoint, leaveJoint, simple, Tracker } from '../../raft/index.ts';
import type { Changed } from '../../raft/index.ts';
import { boolOf, option } from './args.ts';
import { parseChanges } from './changes.ts';
import type { Directive } from './script.ts';
import type { ScriptIds } from './script-ids.ts';

/** In-flight limit of the tracker. @source FORMAT section 8 */
const MAX_INFLIGHT = 10;

/** Names of the commands, by which such a script is known. */
export const CHANGER_COMMANDS: readonly string[] = ['simple', 'enter-joint', 'leave-joint'];

/** Starts a script; the function returned runs one directive and gives its output. */
export function changerScript(ids: ScriptIds): (d: Directive) => string {
  const tracker = new Tracker(MAX_INFLIGHT, 0);
  // Counts directives, failed ones too.
  let lastIndex = 0;
  return (d) => run(tracker, ids, d, lastIndex++);
}

function run(tracker: Tracker, ids: ScriptIds, d: Directive, lastIndex: number): string {
  const changes = parseChanges(ids, d.input);
  if (!changes.ok) return changes.error;
  let changed: Changed;
  switch (d.command) {
    case 'simple':
      changed = simple(tracker, lastIndex, changes.value);
      break;
    case 'enter-joint': {
      const autoLeave = d.args.length > 0 && boolOf(d, option(d, 'autoleave'));
      changed = enterJoint(tracker, lastIndex, autoLeave, changes.value);
      break;
    }
    case 'leave-joint':
      changed = changes.value.length > 0 ? 'this command takes no input' : leaveJoint(tracker, lastIndex);
      break;
    default:
      return 'unknown command';
  }
  if (typeof changed === 'string') return `${changed}\n`;
  tracker.config = changed.config;
  tracker.progress = changed.progress;
  return `${describeConfig(changed.config, ids)}\n${describeProgressMap(changed.progress, ids)}`;
}
