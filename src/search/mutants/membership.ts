// Known bugs of membership changes (D).
import { mutant, mutantOf, near, type Mutant } from './mutant.ts';

const PROMOTABLE = 'return pr !== null && !pr.isLearner && !this.log.hasNextOrInProgressSnapshot();';
const AUTO_LEAVE =
  'if (r.trk.config.autoLeave && applied >= r.pendingConfIndex && r.role === Role.Leader) leaveJointly(r);';

export const MEMBERSHIP: readonly Mutant[] = [
  mutant(
    'D1',
    'I8, I7',
    'commits by the incoming half of a joint configuration only',
    'tracker.ts',
    'return this.outgoing.length === 0 ? index : Math.min(index, committedBy(this.outgoing));',
    'return index;',
  ),
  mutant(
    'D2',
    'I8, I1',
    'elects by the incoming half of a joint configuration only',
    'tracker.ts',
    'jointVote(votesOf(this.config.incoming), votesOf(this.config.outgoing))',
    'jointVote(votesOf(this.config.incoming), [])',
  ),
  mutantOf(
    'D3',
    'I10',
    'loses the automatic leave when the leader changes',
    {
      file: 'membership.ts',
      find: 'const applied = Math.max(index, r.log.applied);\n',
      replace: 'const applied = Math.max(index, r.log.applied);\n  const before = r.log.applied;\n',
    },
    {
      file: 'membership.ts',
      find: AUTO_LEAVE,
      replace: AUTO_LEAVE.replace('&& applied', '&& before < r.pendingConfIndex && applied'),
    },
  ),
  mutant(
    'D4',
    'no panic, I8',
    'proposes the automatic leave twice',
    'membership.ts',
    'const dropped = stepLeaderProposal(r, [LEAVE_JOINT]);',
    'const { pendingConfIndex } = r;\n  const dropped = stepLeaderProposal(r, [LEAVE_JOINT]);\n  r.pendingConfIndex = pendingConfIndex;',
  ),
  mutant(
    'D5',
    'I8',
    'takes a second change while one is unapplied',
    'step-leader.ts',
    'const alreadyPending = r.pendingConfIndex > r.log.applied;',
    'const alreadyPending = false;',
  ),
  mutant(
    'D6',
    'I8, I1',
    'a new leader changes the configuration at once',
    'raft.ts',
    'this.pendingConfIndex = this.log.lastIndex();',
    '',
  ),
  mutant(
    'D7',
    'I8, I1',
    'campaigns with committed changes unapplied',
    'election.ts',
    'if (hasUnappliedConfChanges(r)) {',
    'if (hasUnappliedConfChanges(r) && r.id === NONE) {',
  ),
  near(
    mutant(
      'D8',
      'no panic',
      'campaigns with a snapshot pending',
      'raft.ts',
      PROMOTABLE,
      'return pr !== null && !pr.isLearner;',
    ),
    'slow-snapshots',
  ),
  mutant(
    'D9',
    'I8',
    'a learner campaigns',
    'raft.ts',
    PROMOTABLE,
    'return pr !== null && !this.log.hasNextOrInProgressSnapshot();',
  ),
  mutant(
    'D10',
    'I10',
    'a learner refuses to vote',
    'election.ts',
    'if (canVote && r.log.isUpToDate(',
    'if (!r.isLearner && canVote && r.log.isUpToDate(',
  ),
  mutant(
    'D11',
    'I10',
    'hands over to a learner',
    'step-leader.ts',
    'if (pr.isLearner) {',
    'if (pr.isLearner && pr.id === NONE) {',
  ),
  mutant(
    'D12',
    'I10',
    'goes on handing over to a voter that was demoted',
    'membership.ts',
    'if (r.leadTransferee !== NONE && !r.trk.isVoter(r.leadTransferee)) r.abortLeaderTransfer();',
    'if (r.leadTransferee !== NONE && r.trk.get(r.leadTransferee) === null) r.abortLeaderTransfer();',
  ),
  mutantOf(
    'D13',
    'I8, no panic',
    'campaigns when told to, member or not',
    {
      file: 'step-follower.ts',
      find: "import { CampaignType, hup } from './election.ts';",
      replace: "import { campaign, CampaignType } from './election.ts';",
    },
    {
      file: 'step-follower.ts',
      find: 'hup(r, CampaignType.Transfer);',
      replace: 'campaign(r, CampaignType.Transfer);',
    },
  ),
  mutantOf(
    'D14',
    'I8',
    'restores a joint configuration without its outgoing half',
    {
      file: 'membership.ts',
      find: 'confChange.restore(scratch, r.log.lastIndex(), stored);',
      replace:
        'confChange.restore(scratch, r.log.lastIndex(), { ...stored, votersOutgoing: [], learnersNext: [], autoLeave: false });',
    },
    {
      file: 'membership.ts',
      find: 'if (!confChange.equivalent(stored, computed)) {',
      replace: 'if (stored.votersOutgoing.length === 0 && !confChange.equivalent(stored, computed)) {',
    },
  ),
  mutant(
    'D15',
    'no panic, I7',
    'drops the progress of an outgoing voter',
    'conf-change.ts',
    'if (!d.outgoing.includes(id)) dropProgress(d, id);',
    'dropProgress(d, id);',
  ),
  mutant(
    'D16',
    'configuration',
    'demotes a voter at once inside a joint change',
    'conf-change.ts',
    'if (d.outgoing.includes(id)) {\n    add(d.learnersNext, id);',
    'if (d.tracker === null) {\n    add(d.learnersNext, id);',
  ),
  mutant(
    'D17',
    'I8',
    'a removed leader takes proposals',
    'step-leader.ts',
    "if (r.trk.get(r.id) === null) return 'notMember';",
    '',
  ),
  mutant(
    'D18',
    'I10',
    'a removed leader does not step down',
    'membership.ts',
    'if (r.stepDownOnRemoval) r.becomeFollower(r.term, NONE);',
    '',
  ),
  mutant(
    'D19',
    'I10',
    'does not count again when the quorum shrinks',
    'membership.ts',
    'if (r.maybeCommit()) {',
    'if (r.id === NONE) {',
  ),
  mutant(
    'D20',
    'I8',
    'the learner flag sticks after a promotion',
    'membership.ts',
    'r.isLearner = self !== null && self.isLearner;',
    'r.isLearner ||= self !== null && self.isLearner;',
  ),
  mutant(
    'D21',
    'I10',
    'a promotion forgets the progress of the learner',
    'conf-change.ts',
    '  pr.isLearner = false;\n  drop(d.learners, id);',
    `  if (pr.isLearner) {
    dropProgress(d, id);
    drop(d.learners, id);
    initProgress(d, id, false);
    return;
  }
  drop(d.learners, id);`,
  ),
];
