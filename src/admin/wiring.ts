// What one process has wired into its EncryptionAdmin server. The fields are independent on purpose: a composition root
// that wires a proposer and forgets the leader view compiles, starts, and mutates state through followers. So a wrong
// wiring can be written down and run; validateWiring is a check production makes at start, and no handler repeats it.
import type { FullNodeId } from '../base/ids.ts';
import type {
  CapabilityFanout,
  Clock,
  CutoverBarrier,
  Index,
  LeaderView,
  Proposer,
  RegistryReader,
  SidecarReader,
} from './ports.ts';

/** The server options. Null means: this process did not wire it. @source admin.md §2 */
export interface Wiring {
  readonly fullNodeId: FullNodeId;
  readonly buildSha: string;
  /** Null when no sidecar path is configured; this alone decides what GetCapability answers. */
  readonly sidecar: SidecarReader | null;
  /** The raw proposer: its entries are never wrapped. */
  readonly proposer: Proposer | null;
  /** Wraps above the raft cutover; null means the raw proposer serves. */
  readonly postCutoverProposer: Proposer | null;
  /** Null passes every leader check: an escape hatch of tests that validateWiring closes for production. */
  readonly leaderView: LeaderView | null;
  /** Null means the leader view serves. */
  readonly registryLeaderView: LeaderView | null;
  readonly registry: RegistryReader | null;
  readonly capabilityFanout: CapabilityFanout | null;
  readonly cutoverBarrier: CutoverBarrier | null;
  readonly latestAppliedIndex: (() => Index) | null;
  /** The process-wide gate before EnableRaftEnvelope. */
  readonly raftWrapGate: boolean;
  /** How a reading of the registry proves leadership: by an applied read, or (before the projection) by a round trip. */
  readonly registryFence: 'linearizableRead' | 'verifyLeader';
  /** A hazard to be studied: requests are proposed whatever their fields say. */
  readonly uncheckedFields: boolean;
  readonly clock: Clock;
}

const NO_LEADER_VIEW =
  'encryption: proposer wired without leaderView — followers must not mutate state; call WithEncryptionAdminLeaderView';
const NO_RAW_PROPOSER =
  'encryption: post-cutover proposer wired without raw proposer — call WithEncryptionAdminProposer';

/** A wiring with nothing wired: the smallest server a process can register. */
export function bareWiring(fullNodeId: FullNodeId, clock: Clock): Wiring {
  return {
    fullNodeId,
    buildSha: '',
    sidecar: null,
    proposer: null,
    postCutoverProposer: null,
    leaderView: null,
    registryLeaderView: null,
    registry: null,
    capabilityFanout: null,
    cutoverBarrier: null,
    latestAppliedIndex: null,
    raftWrapGate: true,
    registryFence: 'linearizableRead',
    uncheckedFields: false,
    clock,
  };
}

/** Names what is wrong with a wiring, or returns null. The first fault wins. @source admin.md §2 */
export function validateWiring(w: Pick<Wiring, 'proposer' | 'postCutoverProposer' | 'leaderView'>): string | null {
  if (w.proposer !== null && w.leaderView === null) return NO_LEADER_VIEW;
  if (w.postCutoverProposer !== null && w.proposer === null) return NO_RAW_PROPOSER;
  return null;
}
