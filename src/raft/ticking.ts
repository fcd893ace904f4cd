// The clock of a replica. A tick is an addition and a comparison; only the one that reaches a timeout does anything,
// and how far away that is can be asked, so that a simulator may sleep over the rest. Moving by n ticks is exactly n
// single ticks.
import { CampaignType, hup } from './election.ts';
import type { Raft } from './raft.ts';
import { bcastHeartbeat } from './replication.ts';
import { checkQuorum } from './step-leader.ts';
import { NO_LIMIT, NONE, Role } from './types.ts';

/**
 * Ticks (>= 1) until one may do more than count; NO_LIMIT while none can. Holds until the next other call on the node.
 */
export function ticksUntilWork(r: Raft): number {
  if (r.role === Role.Leader) {
    const heartbeat = r.heartbeatTimeout - r.heartbeatElapsed;
    return Math.max(1, Math.min(heartbeat, r.electionTimeout - r.electionElapsed));
  }
  return r.promotable() ? Math.max(1, r.randomizedElectionTimeout - r.electionElapsed) : NO_LIMIT;
}

/** Moves the clock by whole ticks. */
export function tick(r: Raft, count: number): void {
  for (let left = count; left > 0;) {
    const quiet = left === 1 ? 0 : Math.min(left, ticksUntilWork(r)) - 1;
    r.electionElapsed += quiet;
    if (r.role === Role.Leader) {
      r.heartbeatElapsed += quiet;
      tickHeartbeat(r);
    } else {
      tickElection(r);
    }
    left -= quiet + 1;
  }
}

/** One tick of anyone but a leader. */
function tickElection(r: Raft): void {
  r.electionElapsed++;
  if (r.electionElapsed >= r.randomizedElectionTimeout && r.promotable()) {
    r.electionElapsed = 0;
    hup(r, r.preVote ? CampaignType.PreElection : CampaignType.Election);
  }
}

/** One tick of a leader: now and then it asks whether it still is one. */
function tickHeartbeat(r: Raft): void {
  r.heartbeatElapsed++;
  r.electionElapsed++;
  if (r.electionElapsed >= r.electionTimeout) {
    r.electionElapsed = 0;
    if (r.checkQuorum) checkQuorum(r);
    // A transfer that takes longer than an election has failed: go on as leader.
    if (r.role === Role.Leader && r.leadTransferee !== NONE) r.abortLeaderTransfer();
  }
  if (r.role !== Role.Leader) return;
  if (r.heartbeatElapsed >= r.heartbeatTimeout) {
    r.heartbeatElapsed = 0;
    bcastHeartbeat(r);
  }
}
