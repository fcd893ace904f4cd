// If two logs hold an entry of the same index and term, they agree on it and on everything before it. One table of
// (index, term) → (entry, term of the entry before) is enough: where each link is unique, whole prefixes are equal by
// induction, and no two logs need ever be compared.
import { equalBytes } from '../../base/bytes.ts';
import { MessageType, type Entry, type Message, type Term } from '../../raft/index.ts';
import type { CheckContext, Checker } from './probe.ts';

interface Link {
  readonly entry: Entry;
  /** Who had it first. */
  readonly node: number;
  /** Term of the entry before; 0 where it was not known. */
  before: Term;
  /** Another entry seen at the same index, of another term. */
  readonly other: Link | null;
}

/** @source Raft Figure 3, Log Matching */
export class LogMatching implements Checker {
  readonly name = 'log-matching';
  readonly says = 'logs that agree on an index and term agree on everything up to it';
  readonly #ctx: CheckContext;
  /** By group, then index. */
  readonly #links: (Link | undefined)[][];

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#links = ctx.groups.map(() => []);
  }

  onAppend(node: number, group: number, entry: Entry): void {
    const before = this.#ctx.replica(node, group)?.raft.termAt(entry.index - 1) ?? 0;
    const links = this.#links[group]!;
    const first = links[entry.index];
    let link: Link | null = first ?? null;
    while (link !== null && link.entry.term !== entry.term) link = link.other;
    if (link === null) {
      links[entry.index] = { entry, node, before, other: first ?? null };
      return;
    }
    if (!sameEntry(link.entry, entry)) return this.#differs(node, group, link, entry, 'entry');
    if (link.before === 0) link.before = before;
    else if (before !== 0 && link.before !== before) this.#differs(node, group, link, entry, 'prefix');
  }

  /** An append says what its entries follow; a follower that believed a wrong term would join logs that do not agree. */
  onSend(node: number, group: number, m: Message): void {
    if (m.type !== MessageType.MsgApp) return;
    const replica = this.#ctx.replica(node, group);
    if (replica === null || replica.term() !== m.term || m.index === 0) return;
    const held = replica.raft.termAt(m.index);
    // The entry may have been compacted since the append was made.
    if (m.logTerm > 0 && (held === 0 || held === m.logTerm)) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'other-term', node, group, () => {
      return `${nodes[node]!} sends entries behind index ${m.index} of term ${m.logTerm} in ${groups[group]!}, where its own has term ${held}`;
    });
  }

  #differs(node: number, group: number, link: Link, { index, term }: Entry, what: 'entry' | 'prefix'): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, `other-${what}`, node, group, () => {
      const where = `index ${index}, term ${term} of ${groups[group]!}`;
      return what === 'entry'
        ? `${nodes[link.node]!} and ${nodes[node]!} hold different entries at ${where}`
        : `${nodes[link.node]!} and ${nodes[node]!} agree at ${where} and not on the entry before`;
    });
  }
}

/** Whether two entries are the same; those that travelled by reference are found equal at once. */
export function sameEntry(a: Entry, b: Entry): boolean {
  return a === b || (a.term === b.term && a.type === b.type && (a.data === b.data || equalBytes(a.data, b.data)));
}
