// Known bugs of elections, votes and durability (A), and of pre-votes, quorum checks and leases (B).
import { mutant, near, ofReference, type Mutant } from './mutant.ts';

const UP_TO_DATE = 'return term > ourTerm || (term === ourTerm && index >= this.lastIndex());';
const PROMISES =
  'if (type === MessageType.MsgAppResp || type === MessageType.MsgVoteResp || type === MessageType.MsgPreVoteResp) {';
const OWN_VOTE = 'if (id === r.id) sendVote(r, voteResponse(request), id, term, false);';
const PRE_CANDIDATE = 'this.trk.resetVotes();\n    this.lead = NONE;\n    this.role = Role.PreCandidate;';
const REFUSAL = 'sendVote(r, voteResponse(m.type), m.from, r.term, true);';

export const ELECTIONS: readonly Mutant[] = [
  mutant(
    'A1',
    'I7, I3, I4',
    'commits an entry of an earlier term by counting replicas',
    'log.ts',
    'if (term !== 0 && index > this.committed && this.matchTerm(term, index)) {',
    'if (term !== 0 && index > this.committed && index <= this.lastIndex()) {',
  ),
  mutant(
    'A2',
    'I1',
    'votes for two candidates in a term',
    'election.ts',
    'const canVote =\n',
    'const canVote = true ||\n',
  ),
  near(
    mutant('A3', 'I3', 'compares logs by index only', 'log.ts', UP_TO_DATE, 'return index >= this.lastIndex();'),
    'old-leaders',
  ),
  mutant('A4', 'I10', 'wants a strictly longer log for its vote', 'log.ts', UP_TO_DATE, UP_TO_DATE.replace('>=', '>')),
  mutant(
    'A5',
    'I10',
    'keeps its vote when the term rises',
    'raft.ts',
    'this.term = term;\n      this.vote = NONE;',
    'this.term = term;',
  ),
  mutant(
    'A6',
    'I1, I5',
    'clears its vote without a new term',
    'raft.ts',
    'this.lead = NONE;\n    this.electionElapsed = 0;',
    'this.vote = NONE;\n    this.lead = NONE;\n    this.electionElapsed = 0;',
  ),
  mutant('A7', 'I5', 'answers before it is on disk', 'raft.ts', PROMISES, 'if (m.to === this.id) {'),
  mutant(
    'A8',
    'I5',
    'does not force a vote to disk',
    'raw-node.ts',
    'const mustSync = entries.length > 0 || this.vote !== this.toldVote || this.term !== this.toldTerm;',
    'const mustSync = entries.length > 0 || this.term !== this.toldTerm;',
  ),
  mutant(
    'A9',
    'I5, I7',
    'a leader counts its own entry before it is durable',
    'replication.ts',
    'r.sendPlain(MessageType.MsgAppResp, r.id, 0, last, 0, false, 0, 0);\n',
    'r.trk.get(r.id)?.maybeUpdate(last);\n  r.maybeCommit();\n',
  ),
  mutant(
    'A10',
    'I5',
    'applies committed entries that are not durable here',
    'log.ts',
    'return allowUnstable ? this.committed : Math.min(this.committed, this.offset - 1);',
    'return this.committed;',
  ),
  mutant(
    'A11',
    'I10',
    'refuses a vote at the term of the asker',
    'election.ts',
    REFUSAL,
    REFUSAL.replace('r.term', 'm.term'),
  ),
  mutant(
    'A12',
    'I5',
    'a candidate counts its own vote before it is durable',
    'election.ts',
    OWN_VOTE,
    `if (id === r.id) {
      if (poll(r, id, voteResponse(request), true).result !== 3) continue;
      if (type === CampaignType.PreElection) campaign(r, CampaignType.Election);
      else r.becomeLeader();
      return;
    }`,
  ),
  mutant(
    'B1',
    'I10',
    'grants a pre-vote at its own term',
    'election.ts',
    'sendVote(r, voteResponse(m.type), m.from, m.term, false);',
    'sendVote(r, voteResponse(m.type), m.from, r.term, false);',
  ),
  mutant(
    'B2',
    'I10',
    'ignores a pre-vote of a lower term',
    'step.ts',
    '} else if (m.type === MessageType.MsgPreVote) {',
    '} else if (m.type === MessageType.MsgPreVote && m.term > r.term) {',
  ),
  mutant(
    'B3',
    'I10',
    'does not answer a stale leader',
    'step.ts',
    'if ((r.checkQuorum || r.preVote) && (m.type',
    'if (m.term > r.term && (m.type',
  ),
  mutant(
    'B4',
    'I11',
    'a pre-vote request raises the term',
    'step.ts',
    '  if (m.type === MessageType.MsgPreVote) return true;\n',
    '',
  ),
  mutant(
    'B5',
    'I1, I11',
    'a pre-candidate keeps old votes',
    'raft.ts',
    PRE_CANDIDATE,
    'this.lead = NONE;\n    this.role = Role.PreCandidate;',
  ),
  mutant(
    'B6',
    'I10, I11',
    'a pre-candidate keeps its leader',
    'raft.ts',
    PRE_CANDIDATE,
    'this.trk.resetVotes();\n    this.role = Role.PreCandidate;',
  ),
  mutant(
    'B7',
    'I10',
    'a lease blocks a leadership transfer',
    'step.ts',
    'const force = m.context === TRANSFER_CONTEXT;',
    'const force = false && m.context === TRANSFER_CONTEXT;',
  ),
  mutant(
    'B8',
    'I11',
    'has no lease',
    'step.ts',
    'return r.checkQuorum && r.lead !== NONE &&',
    'return false && r.lead !== NONE &&',
  ),
  mutant(
    'B9',
    'I10',
    'a new peer starts inactive',
    'conf-change.ts',
    'pr.recentActive = true;',
    'pr.recentActive = false;',
  ),
  mutant('B10', 'I11', 'never clears the activity of peers', 'step-leader.ts', 'pr.recentActive = false;', 'continue;'),
  mutant(
    'B11',
    'I9',
    'checks its quorum one tick late',
    'ticking.ts',
    'if (r.electionElapsed >= r.electionTimeout) {',
    'if (r.electionElapsed > r.electionTimeout) {',
  ),
  mutant(
    'B12',
    'I11',
    'grants pre-votes within its own term',
    'election.ts',
    '(m.type === MessageType.MsgPreVote && m.term > r.term);',
    'm.type === MessageType.MsgPreVote;',
  ),
  mutant(
    'B13',
    'I10',
    'a vote request that it refuses restarts its election timer',
    'election.ts',
    REFUSAL,
    `${REFUSAL}\n    r.electionElapsed = 0;`,
  ),
  mutant(
    'B14',
    'I10, I1',
    'records a pre-vote like a vote',
    'election.ts',
    'if (m.type === MessageType.MsgVote) {\n      r.electionElapsed',
    'if (m.type === MessageType.MsgVote || m.type === MessageType.MsgPreVote) {\n      r.electionElapsed',
  ),
  near(
    ofReference('B15', 'I9', 'a lease survives a leadership transfer, as in the reference', 'lease-reads'),
    'leadership/lease-reads-and-transfers',
  ),
];
