// What a feature's own properties are written against. The simulator's checkers know logs, terms and links; what a nonce or
// a sidecar is only the feature knows. So a feature tells facts while it runs, and brings properties that listen to them
// beside the events of every replica. A property sees the whole cluster at once, disks of dead nodes included: what breaks
// in a rollout is mostly what no single process could have seen.
import type { Files } from '../fsm/encryption/files.ts';
import type { Halt } from '../fsm/state-machine.ts';
import type { Index, Snapshot } from '../raft/index.ts';
import type { Build } from './build.ts';
import type { Program } from './program.ts';

/** An entry of a log; an `Entry` of the core is one. */
export interface LogEntry {
  readonly index: number;
  readonly term: number;
  /** 0: a normal entry, whose data are a payload or, for a leader's first, empty. */
  readonly type: number;
  readonly data: Uint8Array;
}

/** What became of a process: it started, opened its listeners, or ended, one way or another. */
export type ProcessEvent = 'start' | 'serving' | 'stop' | 'crash' | 'exit' | 'refused';

/** What an operator did to a disk by hand. */
export type DiskEvent = 'lost file' | 'replaced file' | 'restored' | 'replaced';

/** What a property of a feature is built with. Nodes and groups are numbers from 1; element 0 of a list is unused. */
export interface WatchContext {
  readonly nodes: readonly string[];
  readonly groups: readonly string[];
  nowMs(): number;
  /** The program of a process that serves; null where none does. */
  program(node: number): Program | null;
  /** Side files on a node's disk, whether or not a process runs on it. */
  files(node: number): Files;
  /** Index applied by a replica of a running process; 0 where there is none. */
  applied(node: number, group: number): Index;
  /** Last index of a group's log on a node's disk, and the term of one of its entries (0 if unknown). */
  lastIndex(node: number, group: number): Index;
  /** Notes a violation; the first of each property in a run counts, and only for it `says` is called. */
  violated(property: string, code: string, node: number, group: number, says: () => string): void;
}

/** A property of a feature, watched all through a run. It defines the hooks it needs and no other. */
export interface Watch {
  readonly name: string;
  /** What it holds to be true, one sentence without a full stop. */
  readonly says: string;
  /** The program of a node told something; the shape is the feature's own. */
  onFact?(node: number, fact: object): void;
  onProcess?(node: number, what: ProcessEvent, build: Build, detail: string): void;
  onDisk?(node: number, what: DiskEvent, detail: string): void;
  onAppend?(node: number, group: number, entry: LogEntry, leads: boolean): void;
  onApply?(node: number, group: number, entry: LogEntry, opcode: number, machine: unknown, error: string | null): void;
  onHalt?(node: number, group: number, halt: Halt): void;
  onSnapshot?(node: number, group: number, did: 'take' | 'install', snapshot: Snapshot): void;
  onTick?(nowMs: number): void;
  onHealed?(nowMs: number): void;
  onPlanDone?(nowMs: number): void;
  onEnd?(nowMs: number, complete: boolean): void;
  /** Until when a run has to go on for this property, in virtual ms; -1 if it owes nothing. */
  unmetUntilMs?(): number;
}

/** Makes one property of a feature for one run. */
export type MakeWatch = (context: WatchContext) => Watch;
