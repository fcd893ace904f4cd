// Which nodes host which groups, and how fast their clocks tick. A member that is no node, or a node listed twice, would
// otherwise surface as a cluster that never elects a leader.
import type { Duration } from '../gate/atom.ts';
import { durationMs, durationRangeMs } from './duration.ts';
import { inputError, placed } from './place.ts';
import { raftTuning, type RaftOptions, type RaftTuning } from './raft-options.ts';
import { firstDuplicate, unknownName } from './suggest.ts';
import { wantFields, wantNames, wantOptions, wantRange } from './wants.ts';

export interface GroupMembers {
  readonly voters: readonly string[];
  readonly learners?: readonly string[];
}

export interface ClusterOptions {
  readonly nodes: readonly string[];
  readonly groups: Readonly<Record<string, GroupMembers>>;
  readonly tick?: Duration;
  readonly electionTimeout?: readonly [Duration, Duration];
  /** Caught-up idle groups send nothing until something touches them. */
  readonly parking?: boolean;
  /** How the Raft engine of every group is set up; by default as the subject's engine is. */
  readonly raft?: RaftOptions;
}

export interface ClusterGroup {
  readonly name: string;
  /** Position in declaration order, from 1. */
  readonly id: number;
  readonly voters: readonly string[];
  readonly learners: readonly string[];
}

/** A cluster as data; groups in declaration order. */
export interface Cluster {
  readonly nodes: readonly string[];
  readonly groups: readonly ClusterGroup[];
  readonly tickMs: number;
  readonly electionMs: readonly [number, number];
  readonly parking: boolean;
  readonly raft: RaftTuning;
}

/**
 * A checked cluster. Defaults: a tick of 10 ms, election timeouts of 150 to 300 ms, no parking.
 * @throws InputError SCN002, SCN004, SCN009
 */
export function cluster(options: ClusterOptions): Cluster {
  wantFields('cluster', options, ['nodes', 'groups', 'tick', 'electionTimeout', 'parking', 'raft']);
  wantNames('cluster.nodes', options.nodes);
  const nodes = [...options.nodes];
  const twice = firstDuplicate(nodes);
  if (twice !== null) {
    throw inputError('SCN002', `cluster.nodes[${twice.at}]: "${twice.name}" is already node ${twice.before}`);
  }
  if (nodes.length === 0) throw inputError('SCN009', 'cluster.nodes: a cluster needs at least one node');
  const names = Object.keys(options.groups ?? {});
  if (names.length === 0) throw inputError('SCN009', 'cluster.groups: a cluster needs at least one group');
  const groups = names.map((name, position) => group(name, position + 1, options.groups[name]!, nodes));
  const tickMs = plainMs(options.tick ?? '10ms', 'cluster.tick');
  const election = options.electionTimeout ?? (['150ms', '300ms'] as const);
  wantRange('cluster.electionTimeout', election);
  election.forEach((duration, i) => plainMs(duration, `cluster.electionTimeout[${i}]`));
  const electionMs = durationRangeMs(election, 'cluster.electionTimeout');
  if (tickMs < 1) throw inputError('SCN009', 'cluster.tick: a tick lasts at least 1ms');
  if (electionMs[0] <= tickMs) {
    throw inputError('SCN009', 'cluster.electionTimeout: has to be longer than a tick, or heartbeats come too late');
  }
  return placed({
    nodes,
    groups,
    tickMs,
    electionMs,
    parking: options.parking ?? false,
    raft: raftTuning(options.raft ?? {}),
  });
}

function group(name: string, id: number, members: GroupMembers, nodes: readonly string[]): ClusterGroup {
  const path = `cluster.groups.${name}`;
  if (nodes.includes(name))
    throw inputError('SCN002', `${path}: a node bears this name; a group id is never a node id`);
  wantOptions(path, members, ['voters', 'learners']);
  wantNames(`${path}.voters`, members.voters);
  wantNames(`${path}.learners`, members.learners ?? []);
  const voters = [...members.voters];
  const learners = [...(members.learners ?? [])];
  if (voters.length === 0) throw inputError('SCN009', `${path}.voters: a group needs at least one voter`);
  for (const [kind, list] of [['voters', voters] as const, ['learners', learners] as const]) {
    for (const [i, node] of list.entries()) {
      if (!nodes.includes(node))
        throw inputError('SCN004', `${path}.${kind}[${i}]: ${unknownName('node', node, nodes)}`);
    }
  }
  const twice = firstDuplicate([...voters, ...learners]);
  if (twice !== null) throw inputError('SCN002', `${path}: "${twice.name}" is a member twice`);
  return { name, id, voters, learners };
}

/** Only a cluster says how long an election timeout is, so it cannot be measured in one. */
function plainMs(duration: Duration, path: string): number {
  if (duration === '1 election timeout') throw inputError('SCN009', `${path}: cannot be given in election timeouts`);
  return durationMs(duration, path);
}
