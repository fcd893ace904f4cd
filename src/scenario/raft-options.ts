// How the Raft engine under a cluster is set up: its modes and limits. A scenario about a rollout leaves them alone; one
// about Raft itself turns them, because most known bugs hide in a mode or at a limit that the defaults never reach.
import { inputError } from './place.ts';
import { wantOptions } from './wants.ts';

export interface RaftOptions {
  /** Ask before raising the term; default true. A node may take it up with its first restart, as in a rolling upgrade. */
  readonly preVote?: boolean | 'after a restart';
  /** Step down without a quorum, refuse votes while a leader is heard; default true. */
  readonly checkQuorum?: boolean;
  /** How reads are confirmed; 'lease' needs checkQuorum. Default 'safe'. */
  readonly reads?: 'safe' | 'lease';
  /** Persist and apply in storage threads of their own, each as slow as drawn; default false. */
  readonly asyncStorage?: boolean;
  /** How long such a thread may take for one job; default 30 ms. */
  readonly storageDelayMs?: number;
  /** Encoded bytes of entries per message; default 1 MiB, 0 sends one entry at a time. */
  readonly maxMessageBytes?: number;
  /** Messages in flight per peer; default 64. */
  readonly maxInflight?: number;
  /** Payload bytes in flight per peer, at least maxMessageBytes; default 0, no limit. */
  readonly maxInflightBytes?: number;
  /** Payload bytes proposed and not applied; default 0, no limit. */
  readonly maxUncommittedBytes?: number;
  /** Encoded bytes handed out to be applied at a time; default 0, as maxMessageBytes. */
  readonly maxApplyingBytes?: number;
  /** A leader that is removed steps down at once; default true. Otherwise its host stops it a while later. */
  readonly stepDownOnRemoval?: boolean;
  /** A leader may be given the newest snapshot there is instead of a fresh one; default false. */
  readonly staleSnapshots?: boolean;
  /** A removed member keeps its replica and disk, as a node nobody told; by default its replica is closed and dropped. */
  readonly keepRemoved?: boolean;
  /** What a node that joins later starts from: the first configuration, as founders do, so that it is sent the log where that
   * still reaches back; or nothing, so that it needs a snapshot. By default it is drawn; a replaced founder has nothing. */
  readonly joinersStartFrom?: 'nothing' | 'firstConfiguration' | 'drawn';
  /** When replicas take snapshots and cut their logs: at drawn moments too, or only where a plan asks. Default 'drawn'. */
  readonly snapshots?: 'drawn' | 'asked';
}

/** The options with every default filled in. */
export type RaftTuning = { readonly [K in keyof RaftOptions]-?: NonNullable<RaftOptions[K]> };

const DEFAULTS: RaftTuning = {
  preVote: true,
  checkQuorum: true,
  reads: 'safe',
  asyncStorage: false,
  storageDelayMs: 30,
  maxMessageBytes: 1 << 20,
  maxInflight: 64,
  maxInflightBytes: 0,
  maxUncommittedBytes: 0,
  maxApplyingBytes: 0,
  stepDownOnRemoval: true,
  staleSnapshots: false,
  keepRemoved: false,
  snapshots: 'drawn',
  joinersStartFrom: 'drawn',
};

const COUNTS = [
  'storageDelayMs',
  'maxMessageBytes',
  'maxInflight',
  'maxInflightBytes',
  'maxUncommittedBytes',
  'maxApplyingBytes',
] as const;

/**
 * Checked options.
 * @throws InputError SCN009 for what the engine would refuse
 */
export function raftTuning(options: RaftOptions): RaftTuning {
  const tuning: RaftTuning = { ...DEFAULTS, ...wantOptions('cluster.raft', options, Object.keys(DEFAULTS)) };
  for (const name of COUNTS) {
    const least = name === 'maxInflight' ? 1 : 0;
    if (!Number.isSafeInteger(tuning[name]) || tuning[name] < least) {
      throw inputError('SCN009', `cluster.raft.${name}: wants a whole number, ${least} or more, got ${tuning[name]}`);
    }
  }
  if (tuning.maxInflightBytes > 0 && tuning.maxInflightBytes < tuning.maxMessageBytes) {
    throw inputError('SCN009', 'cluster.raft.maxInflightBytes: cannot be less than maxMessageBytes');
  }
  if (tuning.reads === 'lease' && !tuning.checkQuorum) {
    throw inputError('SCN009', "cluster.raft.reads: 'lease' needs checkQuorum");
  }
  return tuning;
}
