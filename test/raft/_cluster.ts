// A few replicas of one group on a table: storage in memory, messages in one queue, nothing happens unless a test says so.
import {
  DEFAULT_CONFIG,
  decodeConfChange,
  EMPTY_CONF_STATE,
  entry,
  EntryType,
  messageOf,
  MessageType,
  LogLevel,
  MemoryStorage,
  NO_DATA,
  NO_LIMIT,
  PLAIN_IDS,
  RawNode,
  Role,
  type ConfState,
  type Config,
  type Message,
  type ReadState,
} from '../../src/raft/index.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of bytes. */
export function text(data: Uint8Array): string {
  return decoder.decode(data);
}

/** One replica with its storage and what it has told. */
export interface Replica {
  readonly id: number;
  raw: RawNode;
  readonly storage: MemoryStorage;
  readonly config: Config;
  readonly applied: string[];
  readonly reads: ReadState[];
  readonly log: string[];
  confState: ConfState;
}

export type Overrides = Partial<Config> & { readonly quiet?: boolean };

/** Replicas 1 … n of a group whose log starts after index 1 of term 1. */
export class Cluster {
  readonly replicas: Replica[] = [];
  /** In flight, in the order sent. */
  messages: Message[] = [];
  /** Messages for which this is true are lost. */
  lost: (m: Message) => boolean = () => false;

  constructor(n: number, overrides: Overrides = {}, learners: readonly number[] = []) {
    const ids = Array.from({ length: n }, (_, i) => i + 1);
    const voters = ids.filter((id) => !learners.includes(id));
    for (const id of ids) this.add(id, { ...EMPTY_CONF_STATE, voters, learners }, overrides);
  }

  /** Starts one more replica from a snapshot of the given members. */
  add(id: number, confState: ConfState, overrides: Overrides = {}): Replica {
    const storage = new MemoryStorage();
    storage.applySnapshot({ index: 1, term: 1, confState, data: NO_DATA });
    const log: string[] = [];
    const config: Config = {
      ...DEFAULT_CONFIG,
      id,
      storage,
      applied: 1,
      random: () => 0,
      maxCommittedSizePerReady: NO_LIMIT,
      logger:
        overrides.quiet === true
          ? null
          : { ids: PLAIN_IDS, log: (level, line) => log.push(`${LEVELS[level]} ${line}`) },
      ...overrides,
    };
    const replica = { id, storage, config, log, raw: new RawNode(config), applied: [], reads: [], confState };
    this.replicas.push(replica);
    return replica;
  }

  /** The replica of an id. */
  at(id: number): Replica {
    return this.replicas.find((replica) => replica.id === id)!;
  }

  /** Does what one Ready asks for, synchronously. */
  ready(id: number): void {
    const replica = this.at(id);
    const rd = replica.raw.ready();
    if (rd.hardState !== null) replica.storage.setHardState(rd.hardState);
    if (rd.snapshot !== null) {
      replica.storage.applySnapshot(rd.snapshot);
      replica.confState = rd.snapshot.confState;
      replica.applied.push(`snapshot@${rd.snapshot.index}`);
    }
    replica.storage.append(rd.entries);
    this.messages.push(...rd.messages);
    replica.reads.push(...rd.readStates);
    for (const e of rd.committedEntries) {
      if (e.type !== EntryType.Normal) replica.confState = replica.raw.applyConfChange(decodeConfChange(e));
      else if (e.data.length > 0) replica.applied.push(text(e.data));
    }
    replica.raw.advance();
  }

  /** Delivers the oldest message of a kind, or of any. */
  deliver(type?: MessageType): Message | null {
    const at = this.messages.findIndex((m) => type === undefined || m.type === type);
    const [m] = at < 0 ? [] : this.messages.splice(at, 1);
    if (m === undefined) return null;
    if (!this.lost(m) && this.replicas.some(({ id }) => id === m.to)) this.at(m.to).raw.step(m);
    return m;
  }

  /** Handles and delivers until nothing moves any more. */
  settle(): void {
    for (let moved = true; moved;) {
      moved = false;
      for (const { id, raw } of this.replicas) {
        while (raw.hasReady()) {
          this.ready(id);
          moved = true;
        }
      }
      while (this.deliver() !== null) moved = true;
    }
  }

  /** Lets a replica campaign and everybody answer. */
  elect(id: number): void {
    this.at(id).raw.campaign();
    this.settle();
  }

  /** Moves the clock of a replica and settles. */
  tick(id: number, ticks: number): void {
    this.at(id).raw.tick(ticks);
    this.settle();
  }

  /** Replaces a replica by one started from what is on its disk. */
  restart(id: number): void {
    const replica = this.at(id);
    const applied = replica.raw.basicStatus().applied;
    replica.raw = new RawNode({ ...replica.config, applied });
    this.messages = this.messages.filter((m) => m.to !== id || m.from !== id);
  }

  /** Ids of those who lead. */
  leaders(): number[] {
    return this.replicas.filter(({ raw }) => raw.basicStatus().softState.role === Role.Leader).map(({ id }) => id);
  }
}

/** An append of node 2 in term 1 with one entry after the snapshot. */
export function append(over: Partial<Message> = {}): Message {
  const entries = [entry(1, 2, EntryType.Normal, bytes('a'))];
  return messageOf({ type: MessageType.MsgApp, from: 2, to: 1, term: 1, logTerm: 1, index: 1, entries, ...over });
}

/** The commit index of a replica. */
export function commitOf(c: Cluster, id: number): number {
  return c.at(id).raw.basicStatus().hardState.commit;
}

/** A cluster led by node 1, whose peer 2 hears nothing while n payloads are agreed on. */
export function lagging(n: number, over = {}): Cluster {
  const c = new Cluster(3, over);
  c.elect(1);
  c.lost = (m) => m.to === 2;
  for (let i = 0; i < n; i++) {
    c.at(1).raw.propose(bytes(`x${i}`));
    c.settle();
  }
  return c;
}

const LEVELS = Object.keys(LogLevel).map((name) => name.toUpperCase());
