// How votes are asked for and answered, message by message: whoever asks believes in no leader, a pre-candidate goes on only
// when a quorum of this very round said yes, nobody says yes to a second one in the term it is in, and a refusal is not
// taken for a sign of life. Each of these, broken, costs an election now and then, and a safety property hardly ever.
import { MessageType, Role, type Message, type RaftId, type Term } from '../../raft/index.ts';
import { Grid } from './grid.ts';
import type { CheckContext, Checker, ReplicaLens } from './probe.ts';

/** One round of questions. */
interface Round {
  readonly atMs: number;
  /** The term asked for. */
  readonly term: Term;
  /** Who said yes. */
  readonly granted: RaftId[];
}

/** A request for a vote in hand. */
interface Request {
  readonly node: number;
  readonly group: number;
  readonly term: Term;
  readonly elapsed: number;
  readonly type: Message['type'];
}

/** @source Raft thesis 9.6, etcd PreVote, invariant I11 */
export class Votes implements Checker {
  readonly name = 'votes';
  readonly says = 'votes and pre-votes are asked for and given by the rules of their round';
  readonly #ctx: CheckContext;
  /** By node and group: the round of pre-votes under way. */
  readonly #rounds: (Round | undefined)[] = [];
  /** Term in which a node was last told to campaign at once. */
  readonly #told: Grid;
  #request: Request | null = null;
  /** The last pre-votes that somebody got at one moment. */
  #early = { node: 0, group: 0, atMs: -1, from: [] as RaftId[] };

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#told = new Grid(ctx.nodes.length, ctx.groups.length);
  }

  onStart(node: number, group: number): void {
    this.#rounds[this.#at(node, group)] = undefined;
    this.#told.set(node, group, 0);
  }

  onReceive(node: number, group: number, m: Message): void {
    const replica = this.#ctx.replica(node, group);
    this.#request = null;
    if (replica === null) return;
    if (m.type === MessageType.MsgTimeoutNow) this.#told.set(node, group, Math.max(m.term, replica.term()));
    if (!this.#ctx.asyncStorage && (m.type === MessageType.MsgVote || m.type === MessageType.MsgPreVote)) {
      this.#request = { node, group, term: replica.term(), elapsed: replica.raft.electionElapsed, type: m.type };
    }
    if (m.type !== MessageType.MsgPreVoteResp || m.reject) return;
    // As the reference does, an answer to an older question is let count, if it is not of a lower term than the node's.
    if (m.term < replica.term()) return;
    const round = this.#rounds[this.#at(node, group)];
    if (round !== undefined && !round.granted.includes(m.from)) round.granted.push(m.from);
    const atMs = this.#ctx.nowMs();
    const early = this.#early;
    if (early.node === node && early.group === group && early.atMs === atMs) early.from.push(m.from);
    else this.#early = { node, group, atMs, from: [m.from] };
  }

  onSend(node: number, group: number, m: Message): void {
    if (m.type === MessageType.MsgPreVote) this.#asks(node, group, m);
    else if (m.type === MessageType.MsgPreVoteResp || m.type === MessageType.MsgVoteResp) this.#answers(node, group, m);
    if (m.type === MessageType.MsgPreVoteResp && !m.reject) this.#grants(node, group, m);
  }

  #answers(node: number, group: number, m: Message): void {
    const replica = this.#ctx.replica(node, group);
    const request = this.#request;
    if (replica === null) return;
    if (m.reject && m.term > replica.term()) {
      this.#violated(
        'refusal-term',
        node,
        group,
        () => `refuses a vote in term ${m.term}, and is in term ${replica.term()}`,
      );
    }
    if (request === null || request.node !== node || request.group !== group) return;
    if (request.type === MessageType.MsgPreVote && replica.term() !== request.term) {
      this.#violated('pre-vote-raises-term', node, group, () => {
        return `goes from term ${request.term} to ${replica.term()} for the sake of a pre-vote`;
      });
    }
    if (m.reject) this.#refuses(node, group);
  }

  onRole(node: number, group: number, role: Role, term: Term): void {
    const replica = this.#ctx.replica(node, group);
    if (replica === null || role === Role.Follower || role === Role.Leader) return;
    const { lead, log } = replica.raft;
    if (log.hasNextOrInProgressSnapshot()) {
      this.#violated('snapshot-pending', node, group, () => 'asks for votes with a snapshot on its way to the disk');
    }
    if (lead !== 0) {
      this.#violated(
        'follows-and-asks',
        node,
        group,
        () => `asks for votes and believes that ${this.#name(lead)} leads`,
      );
    }
    if (role === Role.Candidate && this.#ctx.preVote) this.#mayCampaign(node, group, term, replica);
  }

  #mayCampaign(node: number, group: number, term: Term, replica: ReplicaLens): void {
    if (this.#told.get(node, group) === term - 1) return;
    const { incoming, outgoing } = replica.raft.tracker().config;
    const round = this.#rounds[this.#at(node, group)];
    const said = round === undefined || round.term !== term ? [] : round.granted;
    for (const half of [incoming, outgoing]) {
      const yes = half.filter((voter) => voter === node || said.includes(voter)).length;
      if (half.length === 0 || 2 * yes > half.length) continue;
      this.#violated('no-pre-votes', node, group, () => {
        return `campaigns in term ${term}, for which ${yes} of ${half.length} voters granted a pre-vote in this round`;
      });
    }
  }

  #asks(node: number, group: number, m: Message): void {
    const atMs = this.#ctx.nowMs();
    const at = this.#at(node, group);
    const round = this.#rounds[at];
    // The questions of a round leave together; two rounds are a tick apart at least.
    if (round === undefined || round.atMs !== atMs || round.term !== m.term) {
      // A round may begin with the tick that an answer found due; the answer then counts, before the questions leave.
      const early = this.#early;
      const isEarly = early.node === node && early.group === group && early.atMs === atMs;
      this.#rounds[at] = { atMs, term: m.term, granted: isEarly ? [...early.from] : [] };
    }
  }

  #grants(node: number, group: number, m: Message): void {
    const replica = this.#ctx.replica(node, group);
    if (replica === null || m.term > replica.term() || this.#request === null) return;
    const { lead, vote } = replica.raft;
    if (vote === m.to || (vote === 0 && lead === 0)) return;
    this.#violated('granted-twice', node, group, () => {
      return `grants ${this.#name(m.to)} a pre-vote for the term ${m.term} it is in, with vote ${this.#name(vote)} and leader ${this.#name(lead)}`;
    });
  }

  #refuses(node: number, group: number): void {
    const request = this.#request;
    const replica = this.#ctx.replica(node, group);
    if (request === null || replica === null || request.node !== node || request.group !== group) return;
    this.#request = null;
    if (replica.term() !== request.term || replica.raft.electionElapsed >= request.elapsed) return;
    this.#violated('refusal-resets-timer', node, group, () => {
      return `refuses a vote and restarts its election timer, ${request.elapsed} ticks after it heard of a leader`;
    });
  }

  #at(node: number, group: number): number {
    return node * this.#ctx.groups.length + group;
  }

  #name(node: RaftId): string {
    return node === 0 ? 'nobody' : (this.#ctx.nodes[node] ?? String(node));
  }

  #violated(code: string, node: number, group: number, says: () => string): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => `${nodes[node]!} in ${groups[group]!} ${says()}`);
  }
}
