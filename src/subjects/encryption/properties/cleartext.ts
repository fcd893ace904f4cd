// What a cutover is for: behind the storage cutover no value reaches a disk in cleartext, behind the raft cutover no entry
// does. Values are counted where a replica writes them; entries are looked at where a replica applies them. A node that
// never learned of the cutover is no excuse: its disk can be stolen like any other.
import type { Build } from '../../../scenario/build.ts';
import type { LogEntry, ProcessEvent, Watch, WatchContext } from '../../../scenario/watch.ts';
import { Cutovers } from './cutovers.ts';
import { inspect, isFact } from './fact-of.ts';

/** @source elastickv §7.1 */
export class NoCleartext implements Watch {
  readonly name = 'no-cleartext-after-cutover';
  readonly says = 'behind a cutover nothing is stored or logged in cleartext';
  readonly #ctx: WatchContext;
  readonly #cutovers = new Cutovers();
  /** By node, then group: values written in cleartext when last looked at, and the index applied then. */
  readonly #clear: number[][];
  readonly #at: number[][];
  /** By group: where its log ended when the storage cutover first took effect anywhere; null before. */
  #ends: number[] | null = null;

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
    this.#clear = ctx.nodes.map(() => []);
    this.#at = ctx.nodes.map(() => []);
  }

  onProcess(node: number, what: ProcessEvent, _build: Build): void {
    if (what !== 'serving') return;
    // What was replayed while the process opened its groups is judged now.
    const cutover = this.#cutovers.storage();
    if (cutover === null) return;
    const group = cutover.group;
    this.#look(node, group, this.#ctx.applied(node, group), (this.#at[node]![group] ?? 0) >= cutover.index);
  }

  onFact(node: number, fact: object): void {
    this.#cutovers.onFact(node, fact);
    if (!isFact(fact) || fact.kind !== 'entry' || fact.wrapped) return;
    const cutover = this.#cutovers.raft();
    if (cutover === null || fact.group !== cutover.group || fact.index <= cutover.index) return;
    this.#ctx.violated(this.name, 'cleartext-in-log', node, fact.group, () => {
      const where = `${this.#ctx.groups[fact.group]!} at index ${fact.index}`;
      return `an entry in cleartext is committed in ${where}, behind the raft cutover at ${cutover.index}`;
    });
  }

  onApply(node: number, group: number, entry: LogEntry): void {
    this.#cutovers.applied(node, group, entry.index);
    this.#ends ??= this.#cutovers.storage() === null ? null : this.#endsOfLogs();
    this.#look(node, group, entry.index, this.#isBehind(node, group, entry.index));
  }

  /**
   * Whether an entry stands behind the storage cutover for a node: in the log of the cutover; in that of another group from
   * when the node is past the cutover, or, where it does not host the cutover's group, from where that log ended then.
   */
  #isBehind(node: number, group: number, index: number): boolean {
    const cutover = this.#cutovers.storage();
    if (cutover === null) return false;
    if (group === cutover.group) return index > cutover.index;
    if (inspect(this.#ctx, node)?.replicas[cutover.group] === undefined) return index > (this.#ends?.[group] ?? 0);
    return this.#ctx.applied(node, cutover.group) >= cutover.index;
  }

  #endsOfLogs(): number[] {
    const { nodes, groups } = this.#ctx;
    return groups.map((_, group) =>
      Math.max(0, ...nodes.map((_, node) => (node && group ? this.#ctx.lastIndex(node, group) : 0))),
    );
  }

  #look(node: number, group: number, index: number, counts: boolean): void {
    const store = inspect(this.#ctx, node)?.replicas[group]?.store;
    if (store === undefined) return;
    const before = this.#clear[node]![group] ?? 0;
    this.#clear[node]![group] = store.clearWrites;
    this.#at[node]![group] = index;
    if (!counts || store.clearWrites <= before) return;
    this.#ctx.violated(this.name, 'cleartext-at-rest', node, group, () => {
      const { nodes, groups } = this.#ctx;
      return `${nodes[node]!} stores the value of index ${index} of ${groups[group]!} in cleartext, behind the storage cutover`;
    });
  }
}
