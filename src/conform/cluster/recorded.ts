// The one shape recordings are read into. What a recording does not tell is null, never a guess; what it asks that cannot be
// replayed is a named reason, so that a case is skipped with it and never passed by accident.
import type { Fields, Json } from './fields.ts';

/** What a sidecar says that two runs of one case share; `keys` as `id:purpose:epoch`, ascending. */
export interface SeenSidecar {
  readonly present: boolean;
  /** By name; absent where the recording does not tell it. */
  readonly facts: ReadonlyMap<string, string>;
}

/** What was seen of one node. */
export interface RecordedNode {
  readonly alive: boolean | null;
  /** By group number: did its engine halt; absent if not told. */
  readonly halted: ReadonlyMap<number, boolean>;
  /** By group number: did a write through this node succeed; absent if it was not tried. */
  readonly writes: ReadonlyMap<number, boolean>;
  /** Its sidecar; null if nobody looked. */
  readonly sidecar: SeenSidecar | null;
  /** What it said of why it stopped: log lines of the recording, or our own reasons. Empty if not told. */
  readonly reasons: readonly string[];
}

/** One RPC and what the real server answered. */
export interface RecordedCall {
  readonly do: 'call';
  readonly rpc: string;
  /** Node that was called; null where the recording names only a role. */
  readonly node: string | null;
  readonly group: number;
  readonly toLeader: boolean;
  /** Arguments of the operator's command; see the client of the subject. */
  readonly args: Readonly<Record<string, string>>;
  readonly code: string;
  readonly message: string;
  /** The answer's fields as recorded, under the names of the wire; empty where it tells none. */
  readonly answer: Fields;
}

/** Anything else that was done to the cluster; `ok` is what came of it, null where the recording does not say. */
export type RecordedAction =
  | RecordedCall
  | {
      readonly do: 'write';
      readonly node: string | null;
      readonly group: number;
      readonly ok: boolean | null;
      /** How many, one after the other. */
      readonly count: number;
    }
  | { readonly do: 'read'; readonly node: string | null; readonly group: number; readonly ok: boolean | null }
  | {
      readonly do: 'restart' | 'start';
      readonly nodes: readonly string[];
      /** Commit, flags and KEK it comes back with, where they are others. */
      readonly commit: string | null;
      readonly flags: readonly string[] | null;
      readonly kek: string | null;
      readonly seen: ReadonlyMap<string, RecordedNode>;
    }
  | { readonly do: 'stop' | 'kill'; readonly nodes: readonly string[] }
  | { readonly do: 'look'; readonly seen: ReadonlyMap<string, RecordedNode> }
  | {
      readonly do: 'join' | 'joinAsVoter' | 'promote' | 'remove';
      readonly node: string;
      readonly group: number;
      readonly ok: boolean | null;
    }
  | { readonly do: 'compact'; readonly group: number }
  | { readonly do: 'transfer'; readonly group: number; readonly to: string | null }
  | { readonly do: 'wait'; readonly forMs: number }
  | {
      readonly do: 'loseSidecar' | 'keepSidecar' | 'restoreSidecar' | 'loseKek';
      readonly node: string;
    }
  | { readonly do: 'unknown'; readonly what: string };

/** Reports of GetCapability, by listener. */
export type RecordedReports = readonly { readonly node: string; readonly group: number; readonly report: Json }[];

/** One recorded cluster. */
export interface Recording {
  readonly id: string;
  /** Every node that ever runs. */
  readonly nodes: readonly string[];
  /** Nodes that run from the beginning. */
  readonly founders: readonly string[];
  readonly groups: readonly number[];
  /** Commit each node was built from. */
  readonly commits: ReadonlyMap<string, string>;
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** KEK each node has, by a name: equal names are equal keys. */
  readonly keks: ReadonlyMap<string, string>;
  /** Founders that are learners. */
  readonly learners: readonly string[];
  /** Leader by group when the calls were made. */
  readonly leaders: ReadonlyMap<number, string>;
  /** Entries after which a replica takes a snapshot and cuts its log; 0 for the default, which no recording reaches. */
  readonly snapshotEvery: number;
  readonly capability: RecordedReports;
  readonly actions: readonly RecordedAction[];
  /** What was seen when the last action was over; empty where nobody looked. */
  readonly after: ReadonlyMap<string, RecordedNode>;
  /** What GetCapability said then; empty where nobody asked. */
  readonly capabilityAfter: RecordedReports;
  /** What restarting every node led to; null if it was not tried. */
  readonly afterRestart: ReadonlyMap<string, RecordedNode> | null;
  /** Why it cannot be replayed; null if it can. */
  readonly unfit: string | null;
  /** Names of what it tells and nothing here compares. */
  readonly unread: readonly string[];
}

/** The name of a group in the replay. */
export function groupName(group: number): string {
  return `group${group}`;
}
