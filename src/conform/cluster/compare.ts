// Holds a replay against its recording. Compared is what a gate decides: the code and text of every answer, which engines halt,
// whether writes still go through, and who comes back after a restart. Not compared is what differs between two real runs of the
// same case: indexes, terms, times, addresses, paths, and which of the followers learnt of the commit before its leader fell
// silent. So the replay must stop at least a quorum where the recording did, and no group where it did not.
import type { RecordedAction, RecordedNode, Recording } from './recorded.ts';
import { fields, text } from './fields.ts';
import type { Fields } from './fields.ts';
import type { Replay, ReplayedAction } from './replay.ts';

/** Help text: what `conform cluster` compares. */
export const COMPARED: readonly string[] = [
  'the gRPC code and the text of every call (addresses, paths, indexes and leader names aside)',
  'the fields of an answer that do not differ from run to run: active keys, switches, capability, identity',
  'the GetCapability report of every listener: code, capable, sidecar_present, full_node_id',
  'which engines halt or processes exit: a quorum at least where the recording stopped, none where it did not',
  'whether a write to each group still succeeds, and whether a membership change does',
  'what a restart, of one node or of all, leads to: a node that had stopped exits, the others stay',
];

/** Every difference, one line each; none if the replay agrees. */
export function compare(recording: Recording, replay: Replay): string[] {
  return [
    ...compareCapability(recording, replay),
    ...recording.actions.flatMap((action, i) => compareAction(action, replay.actions[i], i)),
    ...compareStops(recording, replay),
    ...compareWrites(recording.after, replay.after, recording.groups, 'after the actions'),
    ...compareRestart(recording, replay),
  ];
}

/** Texts of two runs agree if they do so without what belongs to one run: addresses, paths, indexes, who led. */
export function normalise(message: string): string {
  return message
    .replace(/^rpc error: code = \w+ desc = /, '')
    .replace(/id="[^"]*" address="[^"]*"/g, 'id="…" address="…"')
    .replace(/\(no known leader\)/g, '(current leader id="…" address="…")')
    .replace(/"[^"]*keys\.json"|\S*\/keys\.json/g, '<sidecar>')
    .replace(/\b(index|entry_index|applied_index)([ =:]+)\d+/g, '$1$2N')
    .replace(/writer_batch\[\d+\] duplicates full_node_id (\d+) already present at index \S+/, 'duplicate writer $1');
}

const REPORT_FIELDS = ['encryption_capable', 'sidecar_present', 'full_node_id'] as const;
/** Fields of answers that two runs of one case share. */
const ANSWER_FIELDS = [
  ...REPORT_FIELDS,
  'active_storage_id',
  'active_raft_id',
  'storage_envelope_active',
  'was_already_active',
  'cutover_index_unknown',
] as const;

function compareCapability(recording: Recording, replay: Replay): string[] {
  return recording.capability.flatMap(({ node, group, report }, i) => {
    const recorded = fields(report);
    const replayed = replay.capability[i] ?? null;
    const where = `GetCapability of ${node}/group${group}`;
    const code = text(recorded['code']) ?? 'OK';
    if (code !== 'OK') return replayed === null ? [] : [`${where}: OK, recorded ${code}`];
    if (replayed === null) return [`${where}: refused, recorded OK`];
    return compareFields(recorded, replayed, REPORT_FIELDS, where);
  });
}

function compareFields(
  recorded: Fields,
  replayed: Readonly<Record<string, unknown>>,
  names: readonly string[],
  where: string,
): string[] {
  return names
    .filter((name) => recorded[name] !== undefined && recorded[name] !== null && replayed[name] !== undefined)
    .filter((name) => String(recorded[name]) !== String(replayed[name]))
    .map((name) => `${where}: ${name} ${String(replayed[name])}, recorded ${String(recorded[name])}`);
}

function compareAction(action: RecordedAction, replayed: ReplayedAction | undefined, i: number): string[] {
  const where = `action ${i + 1}, ${action.do === 'call' ? `${action.rpc} at ${action.node ?? 'the leader'}` : action.do}`;
  if (replayed === undefined) return [`${where}: not done`];
  switch (action.do) {
    case 'call':
      return compareCall(action, replayed, where);
    case 'write':
    case 'join':
    case 'joinAsVoter':
    case 'promote':
    case 'remove':
      return action.ok === null || action.ok === replayed.ok
        ? []
        : [`${where}: ${word(replayed.ok)}, recorded ${word(action.ok)}`];
    case 'restart':
    case 'start':
      return [...action.seen].flatMap(([name, seen]) => {
        const alive = replayed.seen.get(name)?.alive ?? null;
        return seen.alive === null || seen.alive === alive
          ? []
          : [`${where}: ${name} ${life(alive)}, recorded ${life(seen.alive)}`];
      });
    default:
      return [];
  }
}

function compareCall(
  call: RecordedAction & { readonly do: 'call' },
  replayed: ReplayedAction,
  where: string,
): string[] {
  if (call.code !== '' && replayed.code !== call.code) {
    return [`${where}: ${replayed.code} (${replayed.message}), recorded ${call.code} (${call.message})`];
  }
  if (replayed.code === 'OK') return compareFields(call.answer, replayed.answer, ANSWER_FIELDS, where);
  const [ours, theirs] = [normalise(replayed.message), normalise(call.message)];
  // A recorder may have kept no text.
  return theirs === '' || ours === theirs ? [] : [`${where}: "${ours}", recorded "${theirs}"`];
}

function compareStops(recording: Recording, replay: Replay): string[] {
  const voters = recording.founders.length - recording.learners.length;
  const quorum = Math.trunc(voters / 2) + 1;
  return recording.groups.flatMap((group) => {
    const told = [...recording.after.values()].some((node) => node.halted.has(group) || node.alive !== null);
    if (!told) return [];
    const recorded = stoppedNodes(recording.after, group);
    const replayed = stoppedNodes(replay.after, group).filter((name) => recording.after.has(name));
    if (recorded.length === 0) {
      return replayed.length === 0 ? [] : [`group ${group}: ${replayed.join(' ')} stopped, recorded none`];
    }
    // Fewer than a quorum: those that stop are the ones that cannot apply, the same in every run.
    const exact = recorded.length < quorum;
    const least = Math.min(quorum, recorded.length);
    const differs = exact ? replayed.join() !== recorded.join() : replayed.length < least;
    return differs ? [`group ${group}: stopped ${replayed.join(' ') || 'none'}, recorded ${recorded.join(' ')}`] : [];
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

/** A node that had stopped in both runs has to end alike; one that had in one of them only is that run's own luck. */
function compareRestart(recording: Recording, replay: Replay): string[] {
  if (recording.afterRestart === null || replay.afterRestart === null) return [];
  const differences: string[] = [];
  for (const [name, recorded] of recording.afterRestart) {
    const replayed = replay.afterRestart.get(name);
    if (recorded.alive === null || replayed === undefined) continue;
    if (hasStopped(recording.after.get(name)) !== hasStopped(replay.after.get(name))) continue;
    if (recorded.alive !== replayed.alive) {
      differences.push(`${name} after the restart: ${life(replayed.alive)}, recorded ${life(recorded.alive)}`);
    }
  }
  const write = compareWrites(recording.afterRestart, replay.afterRestart, recording.groups, 'after the restart');
  return [...differences, ...write];
}

/** Nodes whose engine of a group has stopped, with its process or without. */
function stoppedNodes(nodes: ReadonlyMap<string, RecordedNode>, group: number): string[] {
  return [...nodes.keys()].filter(
    (name) => nodes.get(name)?.halted.get(group) === true || nodes.get(name)?.alive === false,
  );
}

function hasStopped(node: RecordedNode | undefined): boolean {
  return node !== undefined && (node.alive === false || [...node.halted.values()].includes(true));
}

function words(works: boolean): string {
  return works ? 'succeed' : 'fail';
}

function word(ok: boolean | null): string {
  return ok === null ? 'nothing came of it' : ok ? 'worked' : 'failed';
}

function life(alive: boolean | null): string {
  return alive === true ? 'serves' : 'exits';
}
