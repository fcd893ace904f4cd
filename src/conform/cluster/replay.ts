// Replays a recorded cluster in the simulated world: the same builds and flags, the recorded leaders, the recorded calls in
// their order, a write through every node and group, and a restart of all. The weather is calm: a recording is one run of a
// healthy network, and what it shows is to be explained by the builds alone.
import { assert } from '../../base/assert.ts';
import { Code, codeName } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import { deriveNodeId, ENCRYPTION_ADMIN } from '../../admin/index.ts';
import { stageOf } from '../../admin/stages.ts';
import type { Build } from '../../scenario/build.ts';
import { cluster } from '../../scenario/cluster.ts';
import { noFaults } from '../../scenario/faults.ts';
import { seq, start } from '../../scenario/plan.ts';
import { scenario } from '../../scenario/scenario.ts';
import { calmSource, clientPort, KV_PUT, ProbeBoard, putRequest, World } from '../../sim/index.ts';
import { stage, type StageFlags } from '../../subjects/encryption.ts';
import type { RecordedCall, RecordedNode, Recording } from './recording.ts';

/** What the simulator answered to one recorded call. */
export interface ReplayedCall {
  readonly code: string;
  readonly message: string;
}

/** One replay, in the shape of the recording. */
export interface Replay {
  /** Reports of GetCapability in the recording's order; null where the call was refused. */
  readonly capability: readonly (Readonly<Record<string, unknown>> | null)[];
  readonly calls: readonly ReplayedCall[];
  readonly after: ReadonlyMap<string, RecordedNode>;
  readonly afterRestart: ReadonlyMap<string, RecordedNode> | null;
}

/** How long the recorder waited after the last call, and after the restart, before it looked; virtual ms. */
const LOOK_AFTER_MS = 9_000;
const WRITE_TIMEOUT_MS = 2_000;
const PROBE_TIMEOUT_MS = 2_000;
const START_MS = 2_000;
const POLL_MS = 10;
const LIMIT_MS = 600_000;

/** Why a recording's builds cannot be made; null if they can. */
export function unknownCommit(recording: Recording): string | null {
  for (const [node, commit] of recording.commits) {
    if (stageOf(commit) === null) return `${node} runs commit ${commit}, which no stage of the table describes`;
  }
  for (const [node, flags] of recording.flags) {
    const unknown = flags.find((flag) => flag.startsWith('--') && !FLAGS.some((known) => flag.startsWith(known)));
    if (unknown !== undefined) return `${node} runs with ${unknown}, which is not modelled`;
  }
  return null;
}

const FLAGS = ['--encryptionSidecarPath', '--encryption-enabled', '--kekFile', '--encryption-rotate-on-startup'];

/** Replays one recording. */
export function replayRecording(recording: Recording): Replay {
  const learners = recording.learners;
  const members = { voters: recording.nodes.filter((node) => !learners.includes(node)), learners };
  const replayed = scenario(recording.id, {
    about: 'a recorded cluster',
    cluster: cluster({
      nodes: recording.nodes,
      groups: Object.fromEntries(recording.groups.map((group) => [groupName(group), members])),
    }),
    plan: seq(...recording.nodes.map((node) => start(buildOf(recording, node), [node]))),
    faults: noFaults,
    properties: [],
  });
  const world = new World(replayed, calmSource(), { record: false });
  world.probe = new ProbeBoard([]);
  const session = new Session(world, recording);
  const found: { replay: Replay | null } = { replay: null };
  const whole = function* (): Task<void> {
    found.replay = yield* session.run();
  };
  world.run(whole());
  world.settleSoon();
  while (found.replay === null && world.step(LIMIT_MS));
  const { replay } = found;
  assert(replay !== null, 'REPLAY_STUCK', () => `the replay of ${recording.id} did not end`);
  return replay;
}

function groupName(group: number): string {
  return `group${group}`;
}

/** The build of one node: its commit's stage under its recorded flags. */
function buildOf(recording: Recording, node: string): Build {
  const flags = recording.flags.get(node) ?? [];
  const value = (name: string): string | null => {
    const at = flags.findIndex((flag) => flag === name || flag.startsWith(`${name}=`));
    if (at < 0) return null;
    const flag = flags[at]!;
    return flag.includes('=') ? flag.slice(flag.indexOf('=') + 1) : (flags[at + 1] ?? '');
  };
  const has = (name: string): boolean => flags.some((flag) => flag === name || flag === `${name}=true`);
  const kekFile = value('--kekFile');
  const stageFlags: StageFlags = {
    encryptionEnabled: has('--encryption-enabled'),
    kekFile: kekFile === null ? null : 'kek.bin',
    sidecarPath: value('--encryptionSidecarPath') === null ? null : 'enc/',
    rotateOnStartup: has('--encryption-rotate-on-startup'),
    ...(kekFile !== null && /other|wrong|foreign/i.test(kekFile) ? { kek: `of ${node} alone` } : {}),
  };
  return stage(recording.commits.get(node) ?? '', stageFlags, `${recording.id} ${node}`);
}

/** One replay while it runs. */
class Session {
  readonly #world: World;
  readonly #recording: Recording;

  constructor(world: World, recording: Recording) {
    this.#world = world;
    this.#recording = recording;
  }

  *run(): Task<Replay> {
    const { nodes, leaders, calls } = this.#recording;
    for (const node of nodes) this.#world.start(this.#world.nodeNumber(node), buildOf(this.#recording, node));
    yield* this.#world.sleep(START_MS);
    for (const [group, leader] of leaders) yield* this.#lead(group, leader);
    const capability = yield* this.#capability();
    const answers: ReplayedCall[] = [];
    for (const call of calls) answers.push(yield* this.#call(call));
    yield* this.#world.sleep(LOOK_AFTER_MS);
    const after = yield* this.#look();
    if (this.#recording.afterRestart === null) return { capability, calls: answers, after, afterRestart: null };
    yield* this.#restartAll();
    return { capability, calls: answers, after, afterRestart: yield* this.#look() };
  }

  /** Hands a group's leadership to the recorded leader. */
  *#lead(groupNumber: number, leader: string): Task<void> {
    const group = this.#world.groupNumber(groupName(groupNumber));
    const to = this.#world.nodeNumber(leader);
    for (let i = 0; i < 50 && this.#world.leaderOf(group) !== to; i++) {
      const from = this.#world.leaderOf(group);
      if (from !== 0) this.#world.replica(from, group)?.transferTo(to);
      yield* this.#world.sleep(20 * POLL_MS);
    }
  }

  *#capability(): Task<(Readonly<Record<string, unknown>> | null)[]> {
    const method = ENCRYPTION_ADMIN.methods.find((m) => m.name === 'GetCapability');
    assert(method !== undefined, 'NO_METHOD', () => 'GetCapability');
    const reports: (Readonly<Record<string, unknown>> | null)[] = [];
    for (const { node, group } of this.#recording.capability) {
      const to = this.#world.nodeNumber(node);
      const reply = yield* this.#world.rpc.call(
        null,
        to,
        groupName(group),
        'GetCapability',
        method.encodeRequest({}),
        PROBE_TIMEOUT_MS,
      );
      const report = reply.code === Code.Ok ? (method.decodeResponse(reply.body) as Record<string, unknown>) : null;
      reports.push(report);
    }
    return reports;
  }

  *#call(call: RecordedCall): Task<ReplayedCall> {
    const group = this.#world.groupNumber(groupName(call.group));
    const leader = this.#world.leaderOf(group);
    const node =
      call.node !== null ? call.node : leader === 0 ? this.#recording.nodes[0]! : this.#world.nodeName(leader);
    const build = this.#world.home(this.#world.nodeNumber(node)).build;
    assert(build !== null, 'NO_BUILD', () => node);
    const args = { writers: call.writers ?? derivedWriters(this.#recording) };
    const port = clientPort(this.#world, 'replay');
    const reply = yield* this.#world.factory(build).client(port, call.rpc, args, node, groupName(call.group));
    return { code: codeName(reply.code as Code), message: reply.message };
  }

  /** What a recorder would see of each node now: processes, engines, and writes through each node. */
  *#look(): Task<Map<string, RecordedNode>> {
    const seen = new Map<string, RecordedNode>();
    for (const name of this.#recording.nodes) {
      const node = this.#world.nodeNumber(name);
      const process = this.#world.process(node);
      const halted = new Map<number, boolean>();
      const writes = new Map<number, boolean>();
      for (const group of this.#recording.groups) {
        const replica = this.#world.replica(node, this.#world.groupNumber(groupName(group)));
        if (replica !== null) halted.set(group, replica.halt !== null);
        writes.set(group, process === null ? false : yield* this.#write(group));
      }
      seen.set(name, { alive: process !== null && process.status === 'serving', halted, writes });
    }
    return seen;
  }

  /** A write as a front end does it: proxied to the group's leader. */
  *#write(groupNumber: number): Task<boolean> {
    const leader = this.#world.leaderOf(this.#world.groupNumber(groupName(groupNumber)));
    if (leader === 0) return false;
    const body = putRequest(`key of group ${groupNumber}`, 'value');
    const reply = yield* this.#world.rpc.call(null, leader, groupName(groupNumber), KV_PUT, body, WRITE_TIMEOUT_MS);
    return reply.code === Code.Ok;
  }

  *#restartAll(): Task<void> {
    for (const name of this.#recording.nodes) this.#world.stop(this.#world.nodeNumber(name));
    yield* this.#world.sleep(START_MS);
    for (const name of this.#recording.nodes) {
      const node = this.#world.nodeNumber(name);
      const { build } = this.#world.home(node);
      if (build !== null) this.#world.start(node, build);
    }
    yield* this.#world.sleep(LOOK_AFTER_MS);
  }
}

function derivedWriters(recording: Recording): string {
  return recording.nodes.map((node) => `${deriveNodeId(node)}:0`).join(',');
}
