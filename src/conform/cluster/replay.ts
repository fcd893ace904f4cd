// Replays a recorded cluster in the simulated world: the same builds and flags, the recorded leaders, the recorded actions in their
// order, a write through every node and group, and a restart of all. The weather is calm: a recording is one run of a healthy
// network, and what it shows is to be explained by the builds alone.
import { assert } from '../../base/assert.ts';
import { drive, type Task } from '../../base/task.ts';
import { cluster } from '../../scenario/cluster.ts';
import { noFaults } from '../../scenario/faults.ts';
import { seq, start } from '../../scenario/plan.ts';
import { scenario } from '../../scenario/scenario.ts';
import { calmSource, ProbeBoard, World } from '../../sim/index.ts';
import { buildOf } from './build-of.ts';
import { groupName } from './recorded.ts';
import type { RecordedNode, Recording } from './recorded.ts';
import { Session, type ReplayedAction } from './session.ts';

export type { ReplayedAction } from './session.ts';

/** One replay, in the shape of the recording. */
export interface Replay {
  /** Reports of GetCapability in the recording's order; null where the call was refused. */
  readonly capability: readonly (Readonly<Record<string, unknown>> | null)[];
  /** What came of each action, in the recording's order. */
  readonly actions: readonly ReplayedAction[];
  readonly after: ReadonlyMap<string, RecordedNode>;
  readonly afterRestart: ReadonlyMap<string, RecordedNode> | null;
}

const LIMIT_MS = 900_000;

/** Replays one recording. */
export function replayRecording(recording: Recording): Replay {
  const { founders, learners } = recording;
  const members = { voters: founders.filter((node) => !learners.includes(node)), learners };
  const replayed = scenario(recording.id, {
    about: 'a recorded cluster',
    cluster: cluster({
      nodes: recording.nodes,
      groups: Object.fromEntries(recording.groups.map((group) => [groupName(group), members])),
      raft: { snapshots: 'asked', joinersStartFrom: 'firstConfiguration' },
    }),
    plan: seq(...founders.map((node) => start(buildOf(recording, node, null, null), [node]))),
    faults: noFaults,
    properties: [],
  });
  const world = new World(replayed, calmSource(), { record: false });
  world.probe = new ProbeBoard([]);
  const found: { replay: Replay | null } = { replay: null };
  const whole = function* (): Task<void> {
    found.replay = yield* replayOf(new Session(world, recording), recording);
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
  const capability = yield* session.capability();
  const actions: ReplayedAction[] = [];
  for (const action of recording.actions) actions.push(yield* session.act(action));
  yield* session.waitBeforeLooking();
  const after = yield* session.look();
  if (recording.afterRestart === null) return { capability, actions, after, afterRestart: null };
  yield* session.restartAll();
  return { capability, actions, after, afterRestart: yield* session.look() };
}
