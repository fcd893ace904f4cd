// What travels between processes: Raft messages and the parcels of the RPC layer. It tells the network who is up, hands
// arrivals to processes, and reports back to a leader what became of a snapshot it sent: a leader that was never told would
// wait for ever and send that follower nothing more.
import { MessageType, Role, type Message } from '../../raft/index.ts';
import type { ChoiceSource } from '../kernel/choices.ts';
import { Network, type NetworkPort, type Undeliverable } from './network.ts';
import type { World } from './world.ts';

/** A parcel of the RPC layer: what happens when it arrives, and when nobody is there. */
interface Parcel {
  readonly arrive: () => void;
  readonly bounce: (() => void) | null;
}

/** When a snapshot in flight counts as failed, virtual ms. */
const SNAPSHOT_TIMEOUT_MS = 500;

/** The wire of one world. */
export class Wire implements NetworkPort {
  readonly network: Network;
  readonly #world: World;
  /** Snapshots under way: the number of the newest by sender, receiver and group. */
  readonly #snapshots = new Map<number, number>();
  #lastSnapshot = 0;

  /** @param nodeNames by number; element 0 is unused */
  constructor(world: World, nodeNames: readonly string[], source: ChoiceSource) {
    this.#world = world;
    this.network = new Network(nodeNames, world.groups.length, world.scheduler, source, world.recorder, this);
  }

  send(from: number, group: number, m: Message): void {
    this.#world.probe.onSend(from, group, m);
    if (m.type === MessageType.MsgSnap) this.#watchSnapshot(from, m.to, group);
    this.network.send(from, m.to, group, m);
  }

  /** Carries a parcel of the RPC layer. @param bounce called instead if nobody is there; a cut link calls neither */
  post(from: number, to: number, arrive: () => void, bounce: (() => void) | null = null): void {
    const parcel: Parcel = { arrive, bounce };
    this.network.datagram(from, to, parcel);
  }

  snapshotArrived(from: number, to: number, group: number): void {
    if (this.#snapshots.delete(snapshotKey(from, to, group))) this.#reportSnapshot(from, to, group, true);
  }

  isUp(node: number): boolean {
    return node === 0 || this.#world.process(node) !== null;
  }

  isRunning(node: number): boolean {
    return node === 0 || this.#world.process(node)?.paused === false;
  }

  deliver(to: number, group: number, from: number, m: Message): void {
    this.#world.process(to)?.receive(from, group, m);
  }

  datagram(_to: number, _from: number, payload: object): void {
    (payload as Parcel).arrive();
  }

  undeliverable(_from: number, _to: number, payload: object, why: Undeliverable): void {
    if (why === 'down') (payload as Parcel).bounce?.();
  }

  stirred(): void {
    this.#world.parking?.wakeAll();
  }

  #watchSnapshot(from: number, to: number, group: number): void {
    const key = snapshotKey(from, to, group);
    const snapshot = ++this.#lastSnapshot;
    this.#snapshots.set(key, snapshot);
    this.#world.scheduler.after(SNAPSHOT_TIMEOUT_MS, () => {
      if (this.#snapshots.get(key) !== snapshot) return;
      this.#snapshots.delete(key);
      this.#reportSnapshot(from, to, group, false);
    });
  }

  #reportSnapshot(from: number, to: number, group: number, ok: boolean): void {
    const replica = this.#world.replica(from, group);
    if (replica === null || !replica.isLive() || replica.role() !== Role.Leader) return;
    replica.reportSnapshot(to, ok);
  }
}

function snapshotKey(from: number, to: number, group: number): number {
  return (group * 64 + from) * 64 + to;
}
