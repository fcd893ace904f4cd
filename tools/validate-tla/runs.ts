// Random runs of a small group, recorded as a state trace: elections, proposals, reordered and lost messages, crashes and
// restarts from what was persisted. Only what the specification models is switched on: it knows no pre-vote, no leases and
// no compaction, and a trace that used them would be refused although nothing is wrong.
import type { Message, StateTraceEvent } from '../../src/raft/index.ts';
import { DEFAULT_CONFIG, EMPTY_CONF_STATE, MemoryStorage, NO_DATA, RawNode } from '../../src/raft/index.ts';
import { Mulberry } from '../../src/conform/bench/mulberry.ts';
import { TraceCollector } from '../../src/conform/etcd/trace.ts';

const ELECTION_TICKS = 10;

/** A recorded run and what happened in it. */
export interface TracedRun {
  readonly events: readonly StateTraceEvent[];
  readonly elections: number;
  readonly drops: number;
  readonly restarts: number;
}

/** One member: its storage outlives it. */
interface Member {
  readonly id: number;
  readonly storage: MemoryStorage;
  raw: RawNode | null;
}

/** A group under random control. */
class Group {
  readonly trace = new TraceCollector();
  drops = 0;
  restarts = 0;
  private readonly members: readonly Member[];
  private readonly random: Mulberry;
  private flight: Message[] = [];
  private proposals = 0;
  /** The member nobody hears and that hears nobody for now; 0 for none. */
  private isolated = 0;

  constructor(seed: number, size: number) {
    this.random = new Mulberry(seed);
    const voters = Array.from({ length: size }, (_, i) => i + 1);
    this.members = voters.map((id) => {
      const storage = new MemoryStorage();
      storage.applySnapshot({ index: 1, term: 1, confState: { ...EMPTY_CONF_STATE, voters }, data: NO_DATA });
      return { id, storage, raw: null };
    });
    for (const member of this.members) this.start(member);
  }

  private start(member: Member): void {
    const { storage, id } = member;
    member.raw = new RawNode({
      ...DEFAULT_CONFIG,
      id,
      storage,
      electionTick: ELECTION_TICKS,
      applied: 1,
      maxInflightMsgs: 8,
      trace: this.trace,
      random: (ticks) => this.below(ticks),
    });
  }

  private below(n: number): number {
    return this.random.next() % n;
  }

  /** One random move. */
  step(): void {
    const dice = this.below(100);
    const member = this.members[this.below(this.members.length)] as Member;
    if (dice < 1) this.isolated = this.isolated === 0 ? member.id : 0;
    else if (member.raw === null) this.whileDown(member, dice);
    else this.whileUp(member, member.raw, dice);
  }

  private whileDown(member: Member, dice: number): void {
    if (dice < 20) this.start(member);
    else this.deliver();
  }

  private whileUp(member: Member, raw: RawNode, dice: number): void {
    if (dice < 20) raw.tick(1 + this.below(2));
    else if (dice < 23) {
      this.proposals++;
      raw.propose(new TextEncoder().encode(`p${this.proposals}`));
    } else if (dice < 24 && this.members.every((m) => m.raw !== null)) {
      // What the core had not handed out yet dies with it; what was sent is on its way.
      member.raw = null;
      this.restarts++;
    } else if (dice < 48) this.handleReady(raw, member.storage);
    else this.deliver();
  }

  private deliver(): void {
    const [m] = this.flight.splice(this.below(Math.min(3, Math.max(1, this.flight.length))), 1);
    if (m === undefined) return;
    const { raw } = this.members[m.to - 1] as Member;
    const cut = m.from === this.isolated || m.to === this.isolated;
    if (raw === null || cut || this.below(100) < 4) this.drops++;
    else raw.step(m);
  }

  private handleReady(raw: RawNode, storage: MemoryStorage): void {
    if (!raw.hasReady()) return;
    const ready = raw.ready();
    if (ready.hardState !== null) storage.setHardState(ready.hardState);
    storage.append(ready.entries);
    this.flight.push(...ready.messages);
    raw.advance();
  }
}

/** Records a run of about the given number of events. */
export function recordRun(seed: number, size: number, events: number): TracedRun {
  const group = new Group(seed, size);
  while (group.trace.events.length < events) group.step();
  const recorded = foldRestarts(group.trace.events);
  const elections = recorded.filter((e) => e.name === 'BecomeLeader').length;
  return { events: recorded, elections, drops: group.drops, restarts: group.restarts };
}

/**
 * A node that starts again reports three events, the first before it has loaded its state: InitState, ApplyConfChange,
 * BecomeFollower. The specification's restart is one step that ends in the loaded state, so the three become one InitState
 * with the state of the last; at the first start it reads them as they are.
 */
export function foldRestarts(events: readonly StateTraceEvent[]): StateTraceEvent[] {
  const folded: StateTraceEvent[] = [];
  const started = new Set<string>();
  for (let i = 0; i < events.length; i++) {
    const e = events[i] as StateTraceEvent;
    if (e.name !== 'InitState' || !started.has(e.nid)) {
      folded.push(e);
      if (e.name === 'InitState') started.add(e.nid);
      continue;
    }
    while (events[i + 1]?.nid === e.nid && events[i]?.name !== 'BecomeFollower') i++;
    const { state, log, conf, role } = events[i] as StateTraceEvent;
    folded.push({ name: 'InitState', nid: e.nid, state, role, log, conf });
  }
  return folded;
}
