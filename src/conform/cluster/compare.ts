// Holds a replay against its recording. Compared is what a gate decides: the code and text of every answer, which engines halt,
// whether writes still go through, what sidecars hold, and who comes back after a restart.
import { compareCall, compareReports } from './compare-calls.ts';
import { compareNodes, compareRestarted, hasStopped } from './compare-nodes.ts';
import type { RecordedAction, RecordedNode, Recording } from './recorded.ts';
import type { Replay, ReplayedAction } from './replay.ts';

/** Help text: what `conform cluster` compares. */
export const COMPARED: readonly string[] = [
  'the gRPC code and the text of every call (addresses, paths, indexes and leader names aside)',
  'the fields of an answer that do not differ from run to run: keys, switches, capability, identity, registry rows',
  'the GetCapability report of every listener: code, capable, sidecar_present, full_node_id',
  'which engines halt or processes exit: a quorum at least where the recording stopped, none where it did not',
  'the text a node stopped with, and the keys and switches of its sidecar, where the recording tells them',
  'whether a write to each group still succeeds, and whether a membership change does',
  'what a restart, of one node or of all, leads to: a node that had stopped exits, the others stay',
];

/** Every difference, one line each; none if the replay agrees. */
export function compare(recording: Recording, replay: Replay): string[] {
  const { after, afterRestart } = recording;
  const alike = (name: string): boolean => hasStopped(after.get(name)) === hasStopped(replay.after.get(name));
  return [
    ...compareReports(recording.capability, replay.capability, ''),
    ...recording.actions.flatMap((action, i) => compareAction(recording, action, replay.actions[i], i)),
    ...compareNodes(recording, after, replay.after, 'after the actions'),
    ...compareReports(recording.capabilityAfter, replay.capabilityAfter, ' after the actions'),
    ...(afterRestart === null || replay.afterRestart === null
      ? []
      : compareRestarted(recording, afterRestart, replay.afterRestart, alike, 'after the restart')),
  ];
}

function compareAction(
  recording: Recording,
  action: RecordedAction,
  replayed: ReplayedAction | undefined,
  i: number,
): string[] {
  const where = `action ${i + 1}, ${action.do === 'call' ? `${action.rpc} at ${action.node ?? 'the leader'}` : action.do}`;
  if (replayed === undefined) return [`${where}: not done`];
  switch (action.do) {
    case 'call':
      return compareCall(action, replayed, where);
    case 'write':
    case 'read':
    case 'join':
    case 'joinAsVoter':
    case 'promote':
    case 'remove':
      return action.ok === null || action.ok === replayed.ok
        ? []
        : [`${where}: ${word(replayed.ok)}, recorded ${word(action.ok)}`];
    case 'restart':
    case 'start':
    case 'look':
      return compareSeen(recording, action.seen, replayed.seen, where);
    default:
      return [];
  }
}

function compareSeen(
  recording: Recording,
  recorded: ReadonlyMap<string, RecordedNode>,
  replayed: ReadonlyMap<string, RecordedNode>,
  where: string,
): string[] {
  return compareRestarted(recording, recorded, replayed, () => true, '').map((text) => `${where}: ${text}`);
}

function word(ok: boolean | null): string {
  return ok === null ? 'nothing came of it' : ok ? 'worked' : 'failed';
}
