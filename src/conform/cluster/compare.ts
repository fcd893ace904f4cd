// Holds a replay against its recording. Compared is what a gate decides: the code and text of every answer, which engines
// halt, whether writes still go through, and who comes back after a restart. Not compared is what differs between two real
// runs of the same case: indexes, terms, times, addresses, and which of the followers learnt of the commit before its
// leader fell silent. So the replay must halt at least a quorum where the recording did, and no group where it did not.
import type { Json, RecordedNode, Recording } from './recording.ts';
import type { Replay } from './replay.ts';

/** Help text: what `conform cluster` compares. */
export const COMPARED: readonly string[] = [
  'the gRPC code and the text of every call (addresses and leader names aside)',
  'the GetCapability report of every listener: code, capable, sidecar_present, full_node_id',
  'which engines halt: a quorum at least where the recording halted, none where it did not',
  'whether a write to each group still succeeds',
  'what a restart of all nodes leads to: a node that had halted exits, the others stay',
];

/** Every difference, one line each; none if the replay agrees. */
export function compare(recording: Recording, replay: Replay): string[] {
  return [
    ...compareCapability(recording, replay),
    ...compareCalls(recording, replay),
    ...compareHalts(recording, replay),
    ...compareWrites(recording.after, replay.after, recording.groups, 'after the calls'),
    ...compareRestart(recording, replay),
  ];
}

/** Texts of two runs agree if they do so without addresses and without the name of the leader of the day. */
export function normalise(message: string): string {
  return message
    .replace(/^rpc error: code = \w+ desc = /, '')
    .replace(/id="[^"]*" address="[^"]*"/, 'id="…" address="…"')
    .replace(/writer_batch\[\d+\] duplicates full_node_id (\d+) already present at index \d+/, 'duplicate writer $1');
}

const REPORT_FIELDS = ['encryption_capable', 'sidecar_present', 'full_node_id'] as const;

function compareCapability(recording: Recording, replay: Replay): string[] {
  return recording.capability.flatMap(({ node, group, report }, i) => {
    const recorded = (report ?? {}) as { readonly [key: string]: Json };
    const replayed = replay.capability[i] ?? null;
    const where = `GetCapability of ${node}/group${group}`;
    if (recorded['code'] !== 'OK')
      return replayed === null ? [] : [`${where}: OK, recorded ${String(recorded['code'])}`];
    if (replayed === null) return [`${where}: refused, recorded OK`];
    return REPORT_FIELDS.filter((field) => recorded[field] !== undefined).flatMap((field) => {
      const same = String(recorded[field]) === String(replayed[field]);
      return same ? [] : [`${where}: ${field} ${String(replayed[field])}, recorded ${String(recorded[field])}`];
    });
  });
}

function compareCalls(recording: Recording, replay: Replay): string[] {
  return recording.calls.flatMap((call, i) => {
    const answer = replay.calls[i];
    const where = `call ${i + 1}, ${call.rpc} at ${call.node ?? 'the leader'}`;
    if (answer === undefined) return [`${where}: not made`];
    if (call.code !== '' && answer.code !== call.code) {
      return [`${where}: ${answer.code} (${answer.message}), recorded ${call.code} (${call.message})`];
    }
    const [ours, theirs] = [normalise(answer.message), normalise(call.message)];
    return ours === theirs ? [] : [`${where}: "${ours}", recorded "${theirs}"`];
  });
}

function compareHalts(recording: Recording, replay: Replay): string[] {
  const quorum = Math.trunc((recording.nodes.length - recording.learners.length) / 2) + 1;
  return recording.groups.flatMap((group) => {
    if (![...recording.after.values()].some((node) => node.halted.has(group))) return [];
    const recorded = haltedNodes(recording.after, group);
    const replayed = haltedNodes(replay.after, group);
    if (recorded.length === 0) {
      return replayed.length === 0 ? [] : [`group ${group}: ${replayed.join(' ')} halted, recorded none`];
    }
    const least = Math.min(quorum, recorded.length);
    if (replayed.length >= least) return [];
    return [`group ${group}: ${replayed.length} halted, recorded ${recorded.join(' ')}`];
  });
}

function compareWrites(
  recorded: ReadonlyMap<string, RecordedNode>,
  replayed: ReadonlyMap<string, RecordedNode>,
  groups: readonly number[],
  when: string,
): string[] {
  return groups.flatMap((group) => {
    const tried = [...recorded.values()].filter((node) => node.writes.has(group));
    if (tried.length === 0) return [];
    const worked = tried.some((node) => node.writes.get(group) === true);
    const works = [...replayed.values()].some((node) => node.writes.get(group) === true);
    return works === worked ? [] : [`group ${group} ${when}: writes ${words(works)}, recorded: ${words(worked)}`];
  });
}

/** A node that halted in both runs has to end alike; one that halted in one of them only is that run's own luck. */
function compareRestart(recording: Recording, replay: Replay): string[] {
  if (recording.afterRestart === null || replay.afterRestart === null) return [];
  const differences: string[] = [];
  for (const [name, recorded] of recording.afterRestart) {
    const replayed = replay.afterRestart.get(name);
    if (recorded.alive === null || replayed === undefined) continue;
    if (hasHalted(recording.after.get(name)) !== hasHalted(replay.after.get(name))) continue;
    if (recorded.alive !== replayed.alive) {
      differences.push(`${name} after the restart: ${life(replayed.alive === true)}, recorded ${life(recorded.alive)}`);
    }
  }
  const write = compareWrites(recording.afterRestart, replay.afterRestart, recording.groups, 'after the restart');
  return [...differences, ...write];
}

function haltedNodes(nodes: ReadonlyMap<string, RecordedNode>, group: number): string[] {
  return [...nodes.keys()].filter((name) => nodes.get(name)?.halted.get(group) === true);
}

function hasHalted(node: RecordedNode | undefined): boolean {
  return node !== undefined && [...node.halted.values()].includes(true);
}

function words(works: boolean): string {
  return works ? 'succeed' : 'fail';
}

function life(alive: boolean): string {
  return alive ? 'serves' : 'exits';
}
