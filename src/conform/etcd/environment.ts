// The world of an interaction script: nodes, one global list of messages in flight, and the output. Its moves are those of
// etcd's own harness, one method each; they print as they act, because the core's log lines must fall between the harness'
// lines where they fell there. Argument parsing stands in commands.ts.
import type { Config, LogPort, Message, Snapshot, StateTracePort } from '../../raft/index.ts';
import {
  describeEntries,
  describeMessage,
  describeReady,
  isLocalMsgTarget,
  messageTypeName,
  MessageType,
  NO_LIMIT,
  NO_MESSAGES,
  RawNode,
  stepError,
  storageErrorText,
} from '../../raft/index.ts';
import { at, HarnessPanic } from './args.ts';
import type { ScriptNode } from './node.ts';
import { apply, HistoryStorage, persist } from './node.ts';
import { LEVELS, Output } from './output.ts';
import type { ScriptIds } from './script-ids.ts';

/** Rounds after which a stabilize that goes on is taken for endless. The longest recorded one needs a few dozen. */
const MAX_ROUNDS = 10_000;

/** One recipient of a delivery: its messages are stepped, or printed and lost. */
export interface Recipient {
  readonly id: number;
  readonly drop: boolean;
}

/** The configuration of nodes to add; what each node gets of its own is left out. */
export type NodeConfig = Omit<Config, 'id' | 'storage' | 'logger' | 'random' | 'trace'>;

/** Whether a message never crosses the network. @source rafttest isLocalMsg */
export function staysLocal(m: Message): boolean {
  return m.from === m.to || isLocalMsgTarget(m.from) || isLocalMsgTarget(m.to);
}

/** Nodes, messages and output of one script. Methods that can fail return the reference's error text, or null. */
export class Environment {
  readonly output = new Output();
  readonly nodes: ScriptNode[] = [];
  messages: Message[] = [];
  readonly ids: ScriptIds;
  private readonly trace: StateTracePort | null;
  private readonly logger: LogPort;

  /** @param trace takes the state-trace events of all nodes */
  constructor(ids: ScriptIds, trace: StateTracePort | null = null) {
    this.ids = ids;
    this.trace = trace;
    this.logger = { ids, log: (level, text) => this.output.log(level, text) };
  }

  /** Creates nodes that share a first snapshot; those created before an error stay. */
  addNodes(count: number, config: NodeConfig, first: Snapshot, bootstrapped: boolean): string | null {
    for (let i = 0; i < count; i++) {
      const snapshot = bootstrapped ? { ...first, term: 1 } : first;
      const storage = new HistoryStorage(snapshot);
      if (bootstrapped) {
        if (first.index <= 1) return 'index must be specified as > 1 due to bootstrap';
        storage.applySnapshot(snapshot);
      }
      const full: Config = {
        ...config,
        id: this.nodes.length + 1,
        storage,
        logger: this.logger,
        trace: this.trace,
        // Kept scripts give the same output for every draw, so the middle will do.
        random: (electionTick) => electionTick >> 1,
      };
      this.nodes.push({ raw: new RawNode(full), config: full, storage, appendWork: [], applyWork: [] });
    }
    return null;
  }

  /** Takes and prints a Ready and does what it says. */
  processReady(index: number): string | null {
    const node = at(this.nodes, index);
    const ready = node.raw.ready();
    this.output.write(describeReady(ready, this.ids));
    const sync = !node.config.asyncStorageWrites;
    if (sync) {
      const error = persist(node, ready.hardState, ready.entries, ready.snapshot);
      if (error !== null) return error;
      apply(node, ready.committedEntries);
    }
    for (const m of ready.messages) {
      if (!isLocalMsgTarget(m.to) && !this.ids.isThread(m.to)) this.messages.push(m);
      else if (sync) throw new HarnessPanic('unexpected local msg target');
      else if (m.type === MessageType.MsgStorageAppend) node.appendWork.push(m);
      else if (m.type === MessageType.MsgStorageApply) node.applyWork.push(m);
      else throw new HarnessPanic(`unexpected message type ${messageTypeName(m.type)}`);
    }
    if (sync) node.raw.advance();
    return null;
  }

  /** Does the oldest queued append. */
  processAppendThread(index: number): string | null {
    const node = at(this.nodes, index);
    const m = node.appendWork.shift();
    if (m === undefined) {
      this.output.write('no append work to perform');
      return null;
    }
    this.printWork(m);
    const hardState = { term: m.term, vote: m.vote, commit: m.commit };
    const error = persist(node, hardState, m.entries, m.snapshot);
    if (error === null) this.sendResponses(m);
    return error;
  }

  /** Does the oldest queued apply. */
  processApplyThread(index: number): null {
    const node = at(this.nodes, index);
    const m = node.applyWork.shift();
    if (m === undefined) {
      this.output.write('no apply work to perform');
      return null;
    }
    this.printWork(m);
    apply(node, m.entries);
    this.sendResponses(m);
    return null;
  }

  private printWork(m: Message): void {
    this.output.write(`Processing:\n${describeMessage({ ...m, responses: NO_MESSAGES }, this.ids)}\n`);
  }

  private sendResponses(m: Message): void {
    this.output.write('Responses:\n');
    for (const response of m.responses) {
      this.output.write(`${describeMessage(response, this.ids)}\n`);
      this.messages.push(response);
    }
  }

  /** Delivers or drops, recipient by recipient; returns how many messages it took. A null type takes every kind. */
  deliver(type: MessageType | null, recipients: readonly Recipient[]): number {
    let count = 0;
    for (const { id, drop } of recipients) {
      const taken: Message[] = [];
      const left: Message[] = [];
      for (const m of this.messages) {
        const wanted = m.to === id && !(drop && staysLocal(m)) && (type === null || m.type === type);
        (wanted ? taken : left).push(m);
      }
      this.messages = left;
      count += taken.length;
      for (const m of taken) this.deliverOne(m, drop);
    }
    return count;
  }

  /** Prints one message taken from the list and steps it unless it is dropped. */
  deliverOne(m: Message, drop: boolean): void {
    this.output.write(`${drop ? 'dropped: ' : ''}${describeMessage(m, this.ids)}\n`);
    if (drop) return;
    const error = stepError(at(this.nodes, m.to - 1).raw.step(m));
    if (error !== null) this.output.write(`${error}\n`);
  }

  /** Runs nodes and delivers between them until nothing is left to do. */
  stabilize(indexes: readonly number[]): string | null {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const before = { did: false };
      const error = this.stabilizeRound(indexes, before);
      if (error !== null || !before.did) return error;
    }
    throw new HarnessPanic(`stabilize did not end within ${MAX_ROUNDS} rounds`);
  }

  private stabilizeRound(indexes: readonly number[], progress: { did: boolean }): string | null {
    for (const i of indexes) {
      if (!at(this.nodes, i).raw.hasReady()) continue;
      progress.did = true;
      this.output.write(`> ${i + 1} handling Ready\n`);
      const error = this.output.indented(() => this.processReady(i));
      if (error !== null) return error;
    }
    for (const i of indexes) {
      if (!this.messages.some((m) => m.to === i + 1)) continue;
      progress.did = true;
      this.output.write(`> ${i + 1} receiving messages\n`);
      this.output.indented(() => this.deliver(null, [{ id: i + 1, drop: false }]));
    }
    for (const i of indexes) {
      const node = at(this.nodes, i);
      if (node.appendWork.length === 0) continue;
      progress.did = true;
      this.output.write(`> ${i + 1} processing append thread\n`);
      while (node.appendWork.length > 0) {
        const error = this.output.indented(() => this.processAppendThread(i));
        if (error !== null) return error;
      }
    }
    for (const i of indexes) {
      const node = at(this.nodes, i);
      if (node.applyWork.length === 0) continue;
      progress.did = true;
      this.output.write(`> ${i + 1} processing apply thread\n`);
      while (node.applyWork.length > 0) this.output.indented(() => this.processApplyThread(i));
    }
    return null;
  }

  /** Prints the entries of a node's storage. */
  raftLog(index: number): string | null {
    const storage = at(this.nodes, index).storage;
    const first = storage.firstIndex();
    const last = storage.lastIndex();
    if (last < first) {
      this.output.write(`log is empty: first index=${first}, last index=${last}`);
      return null;
    }
    const entries = storage.entries(first, last + 1, NO_LIMIT);
    if (typeof entries === 'number') return storageErrorText(entries);
    this.output.write(describeEntries(entries, this.ids));
    return null;
  }

  /** Sets the log level by name, in any case. */
  setLevel(name: string): string | null {
    const level = Output.levelOf(name);
    if (level === null) return `log levels must be either of [${LEVELS.join(' ')}]`;
    this.output.level = level;
    return null;
  }

  /**
   * Crashes a node and starts it from what its storage holds, with the newest application snapshot that the persisted
   * commit index covers. What was queued or in flight from the node to itself is gone.
   * @source FORMAT section 10
   */
  restart(index: number): string | null {
    const node = at(this.nodes, index);
    const { storage } = node;
    const own = storage.ownSnapshot();
    const covered = Math.max(storage.initialState().hardState.commit, own.index);
    const usable = storage.history.findLastIndex(
      (h) => h.index <= covered && h.index + 1 >= storage.firstIndex() && h.index <= storage.lastIndex(),
    );
    const start = storage.history[usable];
    if (start === undefined) return 'restart: no usable application snapshot';
    if (start.index > own.index) {
      const made = storage.createSnapshot(start.index, start.confState, start.data);
      if (typeof made === 'number') return storageErrorText(made);
    }
    node.config = { ...node.config, applied: start.index };
    node.raw = new RawNode(node.config);
    node.appendWork = [];
    node.applyWork = [];
    storage.history = storage.history.slice(0, usable + 1);
    this.messages = this.messages.filter((m) => m.to !== index + 1 || !(isLocalMsgTarget(m.from) || m.from === m.to));
    return null;
  }
}
