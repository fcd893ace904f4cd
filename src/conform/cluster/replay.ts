// Replays a recorded cluster in the simulated world: the same builds and flags, the recorded leaders, the recorded actions in their
// order, a write through every node and group, and a restart of all. The weather is calm: a recording is one run of a healthy
// network, and what it shows is to be explained by the builds alone.
import { assert } from '../../base/assert.ts';
import { drive, type Task } from '../../base/task.ts';
import { cluster } from '../../scenario/cluster.ts';
import { noFaults } from '../../scenario/faults.ts';
import { seq, start } from '../../scenario/plan.ts';
import { scenario } from '../../scenario/scenario.ts';
import { directedSource, ProbeBoard, World } from '../../sim/index.ts';
import { AS_RECORDED, buildOf } from './build-of.ts';
import { groupName } from './recorded.ts';
import type { RecordedNode, Recording } from './recorded.ts';
import { Reasons } from './reasons.ts';
import { Session, type Report, type ReplayedAction } from './session.ts';

export type { ReplayedAction } from './session.ts';

/** One replay, in the shape of the recording. */
export interface Replay {
  /** Reports of GetCapability in the recording's order; null where the call was refused. */
  readonly capability: readonly Report[];
  /** What came of each action, in the recording's order. */
  readonly actions: readonly ReplayedAction[];
  readonly after: ReadonlyMap<string, RecordedNode>;
  readonly capabilityAfter: readonly Report[];
  readonly afterRestart: ReadonlyMap<string, RecordedNode> | null;
}

const LIMIT_MS = 900_000;

/** The calmest of all courses, but for one thing the real engine always does: a peer that needs a snapshot is sent the newest
 * there is, not a fresh one. */
const weather = (): ReturnType<typeof directedSource> =>
  directedSource('recorded', (stream, _key, _nth, n, chances) =>
    stream.startsWith('compact/') && chances === null && n === 2 ? 1 : 0,
  );

/** Replays one recording. */
export function replayRecording(recording: Recording): Replay {
  const { founders, learners } = recording;
  const members = { voters: founders.filter((node) => !learners.includes(node)), learners };
  const replayed = scenario(recording.id, {
    about: 'a recorded cluster',
    cluster: cluster({
      nodes: recording.nodes,
      groups: Object.fromEntries(recording.groups.map((group) => [groupName(group), members])),
      raft: { snapshots: 'asked', joinersStartFrom: 'firstConfiguration', staleSnapshots: true },
    }),
    plan: seq(...founders.map((node) => start(buildOf(recording, node, AS_RECORDED), [node]))),
    faults: noFaults,
    properties: [],
  });
  const world = new World(replayed, weather(), { record: false });
  const reasons = new Reasons();
  world.probe = new ProbeBoard([reasons]);
  const found: { replay: Replay | null } = { replay: null };
  const whole = function* (): Task<void> {
    found.replay = yield* replayOf(new Session(world, recording, reasons), recording);
  };
  let bug: unknown = null;
  drive(whole(), (outcome) => {
    if ('error' in outcome) bug = outcome.error;
  });
  world.settleSoon();
  while (found.replay === null && bug === null && world.step(LIMIT_MS));
  if (bug !== null) throw bug;
  assert(found.replay !== null, 'REPLAY_STUCK', () => `the replay of ${recording.id} did not end`);
  return found.replay;
}

function* replayOf(session: Session, recording: Recording): Task<Replay> {
  yield* session.open();
  const capability = yield* session.reports(recording.capability);
  const actions: ReplayedAction[] = [];
  for (const action of recording.actions) actions.push(yield* session.act(action));
  yield* session.waitBeforeLooking();
  const after = yield* session.look(recording.nodes);
  const capabilityAfter = yield* session.reports(recording.capabilityAfter);
  if (recording.afterRestart === null) return { capability, actions, after, capabilityAfter, afterRestart: null };
  yield* session.restartAll();
  const afterRestart = yield* session.look(recording.nodes);
  return { capability, actions, after, capabilityAfter, afterRestart };
}
