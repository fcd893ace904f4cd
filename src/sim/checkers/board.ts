// Tells each event to the checkers that listen for it, and to no other. Listeners are sorted by hook once: an event that
// nobody watches costs a loop over an empty array, and a checker that is not asked for costs nothing at all.
import type { ConfState, DropReason, Entry, Index, Message, RaftId, Role, Snapshot, Term } from '../../raft/index.ts';
import type { Halt } from '../../fsm/state-machine.ts';
import type { Build } from '../../scenario/build.ts';
import type { DiskEvent, ProcessEvent } from '../../scenario/watch.ts';
import type { Checker, Digestible, KvEnd, Probe, ReplicaLens } from './probe.ts';

type Hook = keyof Probe;
type Listener<H extends Hook> = Checker & Pick<Probe, H>;

/** A probe in front of many checkers, which are told in the order given. */
export class ProbeBoard implements Probe {
  readonly #start: readonly Listener<'onStart'>[];
  readonly #stop: readonly Listener<'onStop'>[];
  readonly #role: readonly Listener<'onRole'>[];
  readonly #append: readonly Listener<'onAppend'>[];
  readonly #commit: readonly Listener<'onCommit'>[];
  readonly #apply: readonly Listener<'onApply'>[];
  readonly #halt: readonly Listener<'onHalt'>[];
  readonly #snapshot: readonly Listener<'onSnapshot'>[];
  readonly #conf: readonly Listener<'onConf'>[];
  readonly #send: readonly Listener<'onSend'>[];
  readonly #persist: readonly Listener<'onPersist'>[];
  readonly #progress: readonly Listener<'onProgress'>[];
  readonly #dropped: readonly Listener<'onDropped'>[];
  readonly #readAsked: readonly Listener<'onReadAsked'>[];
  readonly #readIndex: readonly Listener<'onReadIndex'>[];
  readonly #transfer: readonly Listener<'onTransfer'>[];
  readonly #receive: readonly Listener<'onReceive'>[];
  readonly #handOut: readonly Listener<'onHandOut'>[];
  readonly #forget: readonly Listener<'onForget'>[];
  readonly #snapshotReport: readonly Listener<'onSnapshotReport'>[];
  readonly #served: readonly Listener<'onServed'>[];
  readonly #storageAck: readonly Listener<'onStorageAck'>[];
  readonly #storageIdle: readonly Listener<'onStorageIdle'>[];
  readonly #identity: readonly Listener<'onIdentity'>[];
  readonly #call: readonly Listener<'onCall'>[];
  readonly #return: readonly Listener<'onReturn'>[];
  readonly #kvCall: readonly Listener<'onKvCall'>[];
  readonly #kvEnd: readonly Listener<'onKvEnd'>[];
  readonly #process: readonly Listener<'onProcess'>[];
  readonly #fact: readonly Listener<'onFact'>[];
  readonly #disk: readonly Listener<'onDisk'>[];
  readonly #links: readonly Listener<'onLinks'>[];
  readonly #tick: readonly Listener<'onTick'>[];
  readonly #healed: readonly Listener<'onHealed'>[];
  readonly #planDone: readonly Listener<'onPlanDone'>[];
  readonly #end: readonly Listener<'onEnd'>[];

  constructor(checkers: readonly Checker[]) {
    const listening = <H extends Hook>(hook: H): readonly Listener<H>[] =>
      checkers.filter((checker): checker is Listener<H> => checker[hook] !== undefined);
    this.#start = listening('onStart');
    this.#stop = listening('onStop');
    this.#role = listening('onRole');
    this.#append = listening('onAppend');
    this.#commit = listening('onCommit');
    this.#apply = listening('onApply');
    this.#halt = listening('onHalt');
    this.#snapshot = listening('onSnapshot');
    this.#conf = listening('onConf');
    this.#send = listening('onSend');
    this.#persist = listening('onPersist');
    this.#progress = listening('onProgress');
    this.#dropped = listening('onDropped');
    this.#readAsked = listening('onReadAsked');
    this.#readIndex = listening('onReadIndex');
    this.#transfer = listening('onTransfer');
    this.#receive = listening('onReceive');
    this.#handOut = listening('onHandOut');
    this.#forget = listening('onForget');
    this.#snapshotReport = listening('onSnapshotReport');
    this.#served = listening('onServed');
    this.#storageAck = listening('onStorageAck');
    this.#storageIdle = listening('onStorageIdle');
    this.#identity = listening('onIdentity');
    this.#call = listening('onCall');
    this.#return = listening('onReturn');
    this.#kvCall = listening('onKvCall');
    this.#kvEnd = listening('onKvEnd');
    this.#process = listening('onProcess');
    this.#fact = listening('onFact');
    this.#disk = listening('onDisk');
    this.#links = listening('onLinks');
    this.#tick = listening('onTick');
    this.#healed = listening('onHealed');
    this.#planDone = listening('onPlanDone');
    this.#end = listening('onEnd');
  }

  onStart(node: number, group: number, replica: ReplicaLens): void {
    for (const c of this.#start) c.onStart(node, group, replica);
  }

  onStop(node: number, group: number, wiped: boolean): void {
    for (const c of this.#stop) c.onStop(node, group, wiped);
  }

  onRole(node: number, group: number, role: Role, term: Term): void {
    for (const c of this.#role) c.onRole(node, group, role, term);
  }

  onAppend(node: number, group: number, entry: Entry, leads: boolean): void {
    for (const c of this.#append) c.onAppend(node, group, entry, leads);
  }

  onCommit(node: number, group: number, index: Index): void {
    for (const c of this.#commit) c.onCommit(node, group, index);
  }

  onApply(
    node: number,
    group: number,
    entry: Entry,
    opcode: number,
    machine: Digestible | null,
    error: string | null,
  ): void {
    for (const c of this.#apply) c.onApply(node, group, entry, opcode, machine, error);
  }

  onHalt(node: number, group: number, halt: Halt): void {
    for (const c of this.#halt) c.onHalt(node, group, halt);
  }

  onSnapshot(node: number, group: number, did: 'take' | 'install', snapshot: Snapshot): void {
    for (const c of this.#snapshot) c.onSnapshot(node, group, did, snapshot);
  }

  onConf(node: number, group: number, index: Index, conf: ConfState): void {
    for (const c of this.#conf) c.onConf(node, group, index, conf);
  }

  onSend(node: number, group: number, m: Message): void {
    for (const c of this.#send) c.onSend(node, group, m);
  }

  onPersist(node: number, group: number): void {
    for (const c of this.#persist) c.onPersist(node, group);
  }

  onProgress(node: number, group: number, peer: number): void {
    for (const c of this.#progress) c.onProgress(node, group, peer);
  }

  onDropped(node: number, group: number, why: DropReason, sizeBytes: number): void {
    for (const c of this.#dropped) c.onDropped(node, group, why, sizeBytes);
  }

  onReadAsked(node: number, group: number, read: number): void {
    for (const c of this.#readAsked) c.onReadAsked(node, group, read);
  }

  onReadIndex(node: number, group: number, read: number, index: Index): void {
    for (const c of this.#readIndex) c.onReadIndex(node, group, read, index);
  }

  onTransfer(node: number, group: number, to: number): void {
    for (const c of this.#transfer) c.onTransfer(node, group, to);
  }

  onReceive(node: number, group: number, m: Message): void {
    for (const c of this.#receive) c.onReceive(node, group, m);
  }

  onHandOut(node: number, group: number, entries: readonly Entry[]): void {
    for (const c of this.#handOut) c.onHandOut(node, group, entries);
  }

  onForget(node: number, group: number, lead: RaftId): void {
    for (const c of this.#forget) c.onForget(node, group, lead);
  }

  onSnapshotReport(node: number, group: number, peer: number, ok: boolean, waited: Index): void {
    for (const c of this.#snapshotReport) c.onSnapshotReport(node, group, peer, ok, waited);
  }

  onServed(group: number): void {
    for (const c of this.#served) c.onServed(group);
  }

  onStorageAck(node: number, group: number, m: Message, before: Index): void {
    for (const c of this.#storageAck) c.onStorageAck(node, group, m, before);
  }

  onStorageIdle(node: number, group: number): void {
    for (const c of this.#storageIdle) c.onStorageIdle(node, group);
  }

  onIdentity(node: number, group: number, fullNodeId: string): void {
    for (const c of this.#identity) c.onIdentity(node, group, fullNodeId);
  }

  onCall(call: number, rpc: string): void {
    for (const c of this.#call) c.onCall(call, rpc);
  }

  onReturn(call: number, rpc: string, code: number, text: string): void {
    for (const c of this.#return) c.onReturn(call, rpc, code, text);
  }

  onKvCall(op: number, client: number, group: number, key: string, value: string | null): void {
    for (const c of this.#kvCall) c.onKvCall(op, client, group, key, value);
  }

  onKvEnd(op: number, end: KvEnd, value: string | null): void {
    for (const c of this.#kvEnd) c.onKvEnd(op, end, value);
  }

  onProcess(node: number, what: ProcessEvent, build: Build, detail: string): void {
    for (const c of this.#process) c.onProcess(node, what, build, detail);
  }

  onFact(node: number, fact: object): void {
    for (const c of this.#fact) c.onFact(node, fact);
  }

  onDisk(node: number, what: DiskEvent, detail: string): void {
    for (const c of this.#disk) c.onDisk(node, what, detail);
  }

  onLinks(): void {
    for (const c of this.#links) c.onLinks();
  }

  onTick(nowMs: number): void {
    for (const c of this.#tick) c.onTick(nowMs);
  }

  onHealed(nowMs: number): void {
    for (const c of this.#healed) c.onHealed(nowMs);
  }

  onPlanDone(nowMs: number): void {
    for (const c of this.#planDone) c.onPlanDone(nowMs);
  }

  onEnd(nowMs: number, complete: boolean): void {
    for (const c of this.#end) c.onEnd(nowMs, complete);
  }
}
