// Holds the nodes of a replay against those of its recording: who stopped, how, saying what; whether writes go through; what the
// sidecars hold. Not compared is which of the followers learnt of a commit before its leader fell silent: the replay must stop at
// least a quorum where the recording did, and no group where it did not.
import { isBefore, stageOf } from '../../admin/stages.ts';
import type { Stage } from '../../admin/stages.ts';
import { normalise } from './compare-calls.ts';
import type { RecordedNode, Recording } from './recorded.ts';

type Nodes = ReadonlyMap<string, RecordedNode>;

/** Differences between what was seen of some nodes. @param exact whether everyone who stopped has to stop again */
export function compareNodes(recording: Recording, recorded: Nodes, replayed: Nodes, when: string): string[] {
  return [
    ...compareStops(recording, recorded, replayed, when),
    ...compareEnds(recording, recorded, replayed, when),
    ...compareWrites(recorded, replayed, recording.groups, when),
    ...compareSidecars(recorded, replayed, when),
    ...compareReasons(recorded, replayed, when),
  ];
}

/** As `compareNodes`, of nodes that were started again: one that had stopped in one run only before is that run's own luck. */
export function compareRestarted(
  recording: Recording,
  recorded: Nodes,
  replayed: Nodes,
  alike: (node: string) => boolean,
  when: string,
): string[] {
  const those = new Map([...recorded].filter(([name]) => alike(name)));
  const differences = [...those].flatMap(([name, node]) => {
    const ours = replayed.get(name);
    if (ours === undefined || node.alive === null || hasStopped(node) === hasStopped(ours)) return [];
    return [`${name} ${when}: ${life(ours)}, recorded ${life(node)}`];
  });
  return [
    ...differences,
    ...compareEnds(recording, those, replayed, when),
    ...compareWrites(recorded, replayed, recording.groups, when),
    ...compareSidecars(those, replayed, when),
    ...compareReasons(those, replayed, when),
  ];
}

/** Whether a node does not do its work any more: its process is gone, or one of its engines stopped. */
export function hasStopped(node: RecordedNode | undefined): boolean {
  return node !== undefined && (node.alive === false || [...node.halted.values()].includes(true));
}

function compareStops(recording: Recording, recorded: Nodes, replayed: Nodes, when: string): string[] {
  const voters = recording.founders.length - recording.learners.length;
  const quorum = Math.trunc(voters / 2) + 1;
  return recording.groups.flatMap((group) => {
    const told = [...recorded.values()].some((node) => node.halted.has(group) || node.alive !== null);
    if (!told) return [];
    const theirs = stoppedNodes(recorded, group);
    const ours = stoppedNodes(replayed, group).filter((name) => recorded.has(name));
    if (theirs.length === 0) {
      return ours.length === 0 ? [] : [`group ${group} ${when}: ${ours.join(' ')} stopped, recorded none`];
    }
    // Fewer than a quorum: those that stop are the ones that cannot apply, the same in every run.
    const exact = theirs.length < quorum;
    const least = Math.min(quorum, theirs.length);
    const differs = exact ? ours.join() !== theirs.join() : ours.length < least;
    return differs ? [`group ${group} ${when}: stopped ${ours.join(' ') || 'none'}, recorded ${theirs.join(' ')}`] : [];
  });
}

/** Whether a stopped engine took its process along, where it is known what a release does. */
function compareEnds(recording: Recording, recorded: Nodes, replayed: Nodes, when: string): string[] {
  return [...recorded].flatMap(([name, node]) => {
    const ours = replayed.get(name);
    const stage = stageOf(recording.commits.get(name) ?? '');
    if (ours === undefined || node.alive === null || stage === null || !isScopeKnown(stage)) return [];
    if (!hasStopped(node) || !hasStopped(ours) || node.alive === ours.alive) return [];
    return [`${name} ${when}: ${life(ours)}, recorded ${life(node)}`];
  });
}

/** Nobody measured when, between these two, the store began to exit with a stopped engine. */
function isScopeKnown(stage: Stage): boolean {
  return isBefore(stage, stageOf('6D-2')!) || stage.name === 'HEAD';
}

function compareWrites(recorded: Nodes, replayed: Nodes, groups: readonly number[], when: string): string[] {
  return groups.flatMap((group) => {
    const tried = [...recorded.values()].filter((node) => node.writes.has(group));
    if (tried.length === 0) return [];
    const worked = tried.some((node) => node.writes.get(group) === true);
    const works = [...replayed.values()].some((node) => node.writes.get(group) === true);
    return works === worked ? [] : [`group ${group} ${when}: writes ${words(works)}, recorded: ${words(worked)}`];
  });
}

/** Keys and switches; of a node that stopped in one run only, the file tells no more than that. */
function compareSidecars(recorded: Nodes, replayed: Nodes, when: string): string[] {
  return [...recorded].flatMap(([name, node]) => {
    const ours = replayed.get(name);
    const [a, b] = [ours?.sidecar ?? null, node.sidecar];
    if (ours === undefined || a === null || b === null || hasStopped(node) !== hasStopped(ours)) return [];
    if (a.present !== b.present) return [`${name} ${when}: ${file(a.present)}, recorded ${file(b.present)}`];
    return [...b.facts].flatMap(([fact, theirs]) => {
      const mine = a.facts.get(fact);
      return mine === undefined || mine === theirs
        ? []
        : [`${name} ${when}: sidecar has ${fact} ${mine}, recorded ${theirs}`];
    });
  });
}

/** A node that stopped in both runs has to have said the same of it, if it said anything. */
function compareReasons(recorded: Nodes, replayed: Nodes, when: string): string[] {
  return [...recorded].flatMap(([name, node]) => {
    const ours = replayed.get(name);
    if (ours === undefined || !hasStopped(node) || !hasStopped(ours)) return [];
    const said = node.reasons.filter((line) => TELLS_WHY.test(line)).map(normalise);
    const why = ours.reasons.map((reason) => normalise(reason.replace(STOPPING, '')));
    if (said.length === 0 || why.length === 0 || why.some((one) => said.some((line) => says(line, one)))) return [];
    return [`${name} ${when}: "${why.at(-1)}", recorded "${said.at(-1)}"`];
  });
}

/** Whether a line has a text in it, or breaks off within it: recorders cut long lines. */
function says(line: string, why: string): boolean {
  const at = line.indexOf(why.slice(0, LEAST_OF_A_TEXT));
  return at >= 0 && (line.startsWith(why, at) || why.startsWith(line.slice(at)));
}

const LEAST_OF_A_TEXT = 60;
const TELLS_WHY = /requested halt|shutting down|failed to|engine stopped|startup guard|refused|refusing/i;
/** What a process puts in front of the reason itself. */
const STOPPING =
  /^(failed to start raft group \S+: |raft group \S+ engine stopped: |raftengine\/etcd: FSM-requested apply halt: )+/;

/** Nodes whose engine of a group has stopped, with its process or without. */
function stoppedNodes(nodes: Nodes, group: number): string[] {
  return [...nodes.keys()].filter(
    (name) => nodes.get(name)?.halted.get(group) === true || nodes.get(name)?.alive === false,
  );
}

function words(works: boolean): string {
  return works ? 'succeed' : 'fail';
}

function file(present: boolean): string {
  return present ? 'has a sidecar' : 'has no sidecar';
}

function life(node: RecordedNode): string {
  if (node.alive !== true) return 'exits';
  return hasStopped(node) ? 'stays with a stopped engine' : 'serves';
}
