// A recorded run as a list of what the model would call moves: who went down and came back as what, which entry was admitted
// where, who appended, committed, applied or halted on it, and when. Each is asked for by the place it has in the run and
// only from a given place on, so that whoever follows the run cannot take things in another order than they happened.
import type { TraceEvent } from '../sim/kernel/trace.ts';

/** A log entry of a run. */
export interface RunEntry {
  readonly group: string;
  readonly index: number;
  readonly term: number;
  /** The operation's name; `conf change` for a membership change; empty for a leader's first entry. */
  readonly name: string;
  readonly opcode: number;
  /** Where it was appended first. */
  readonly node: string;
  readonly at: number;
}

/** A node that went down and came up again. */
interface Return {
  readonly node: string;
  readonly build: string;
  readonly how: TraceEvent['kind'];
  readonly downAt: number;
  readonly upAt: number;
}

/** The configuration that a membership change led to. */
export interface RunConfig {
  readonly voters: readonly string[];
  readonly learners: readonly string[];
}

/** Not in the run, or not from there on. */
export const NOWHERE = -1;

/** Entries on their way from one node to another. */
interface Sent {
  /** Of the entry before the first one sent. */
  readonly index: number;
  readonly entries: number;
  readonly at: number;
}

function noteSent(
  sent: Map<string, Sent[]>,
  { group, from, to, index, entries }: TraceEvent & { readonly kind: 'send' | 'deliver' | 'lose' },
  at: number,
): void {
  const key = `${group} ${from} ${to}`;
  const between = sent.get(key);
  if (between === undefined) sent.set(key, [{ index, entries, at }]);
  else between.push({ index, entries, at });
}

/** Where the entry of an index was sent last; `sent` are messages between the same two nodes. */
function sentAt(sent: readonly Sent[], wanted: number): number {
  return sent.findLast(({ index, entries }) => index < wanted && wanted <= index + entries)?.at ?? NOWHERE;
}

/** What happened in a run; places are positions in its trace. */
export class Happenings {
  readonly entries: RunEntry[] = [];
  readonly #trace: readonly TraceEvent[];
  readonly #end: number;
  readonly #returns: Return[] = [];
  readonly #configs = new Map<string, RunConfig>();
  /** Who sent what is appended, and when, by the place of the append. */
  readonly #senders = new Map<number, { readonly from: string; readonly sentAt: number }>();

  /**
   * @param trace of the whole run: a node may go down before the violation and come up after it
   * @param end place of the first event that is no longer followed
   */
  constructor(trace: readonly TraceEvent[], end: number) {
    this.#trace = trace;
    this.#end = end;
    const known = new Set<string>();
    const down = new Map<string, { readonly how: TraceEvent['kind']; readonly at: number }>();
    const sender = new Map<string, string>();
    const sent = new Map<string, Sent[]>();
    for (const [at, e] of trace.entries()) {
      if (e.kind === 'stop' || e.kind === 'crash' || e.kind === 'exit') down.set(e.node, { how: e.kind, at });
      else if (e.kind === 'start') this.#noteStart(e, at, down);
      else if (e.kind === 'deliver' && e.type === 'MsgApp') sender.set(`${e.group} ${e.to}`, e.from);
      else if (e.kind === 'send' && e.entries > 0) noteSent(sent, e, at);
      else if (e.kind === 'conf') this.#configs.set(`${e.group} ${e.index}`, e);
      else if (e.kind === 'append') {
        const from = sender.get(`${e.group} ${e.node}`) ?? '';
        this.#senders.set(at, { from, sentAt: sentAt(sent.get(`${e.group} ${from} ${e.node}`) ?? [], e.index) });
        const id = `${e.group} ${e.index} ${e.term}`;
        if (!known.has(id) && at < end) this.entries.push({ ...e, at });
        known.add(id);
      }
    }
  }

  #noteStart(
    e: TraceEvent & { readonly build: string },
    at: number,
    down: Map<string, { readonly how: TraceEvent['kind']; readonly at: number }>,
  ): void {
    const before = down.get(e.node);
    if (before === undefined) return;
    down.delete(e.node);
    this.#returns.push({ node: e.node, build: e.build, how: before.how, downAt: before.at, upAt: at });
  }

  /** The event at a place. */
  at(place: number): TraceEvent | undefined {
    return this.#trace[place];
  }

  /** How many snapshots were installed. */
  get installs(): number {
    return this.#trace.slice(0, this.#end).filter((e) => e.kind === 'snapshot' && e.did === 'install').length;
  }

  /** Configuration after a membership entry; undefined where nobody applied it. */
  configAfter(entry: RunEntry): RunConfig | undefined {
    return this.#configs.get(`${entry.group} ${entry.index}`);
  }

  /**
   * A node went down and came up on a build. While it is down others go on; whether it counts from its stop or from its
   * start makes no difference to them, so the first of the two that is still ahead is taken.
   */
  returned(node: string, build: string, crashed: boolean, after: number): number {
    for (const one of this.#returns) {
      if (one.node !== node || one.build !== build || (one.how === 'stop') === crashed) continue;
      if (one.downAt >= this.#end) continue;
      if (one.downAt > after) return one.downAt;
      if (one.upAt > after && one.upAt < this.#end) return one.upAt;
    }
    return NOWHERE;
  }

  started(node: string, after: number): number {
    return this.#first(after, (e) => e.kind === 'start' && e.node === node);
  }

  wentDown(node: string, after: number): number {
    return this.#first(after, (e) => (e.kind === 'stop' || e.kind === 'crash') && e.node === node);
  }

  ledFrom(node: string, group: string, after: number): number {
    return this.#first(after, (e) => e.kind === 'role' && e.role === 'leader' && e.node === node && e.group === group);
  }

  /** An entry reached a node. It counts as soon as it is on its way, for whoever sent it may not live to see it arrive. */
  appended(node: string, from: string, { group, index, term }: RunEntry, after: number): number {
    const at = this.#first(
      after,
      (e, place) =>
        e.kind === 'append' &&
        e.node === node &&
        e.group === group &&
        e.index === index &&
        e.term === term &&
        this.#senders.get(place)?.from === from,
    );
    if (at === NOWHERE) return NOWHERE;
    const { sentAt: sent } = this.#senders.get(at)!;
    return sent > after ? sent : at;
  }

  committed(node: string, { group, index }: RunEntry, after: number): number {
    return this.#first(after, (e) => e.kind === 'commit' && e.node === node && e.group === group && e.index >= index);
  }

  applied(node: string, { group, index }: RunEntry, after: number): number {
    return this.#first(after, (e) => e.kind === 'apply' && e.node === node && e.group === group && e.index === index);
  }

  halted(node: string, { group, index }: RunEntry, after: number): number {
    return this.#first(
      after,
      (e) => e.kind === 'haltApply' && e.node === node && e.group === group && e.index === index,
    );
  }

  installed(node: string, { group, index }: RunEntry, after: number): number {
    return this.#first(
      after,
      (e) => e.kind === 'snapshot' && e.did === 'install' && e.node === node && e.group === group && e.index >= index,
    );
  }

  /** Whether anybody of the group is yet to install a snapshot. */
  willInstall(group: string, after: number): boolean {
    return this.#first(after, (e) => e.kind === 'snapshot' && e.did === 'install' && e.group === group) !== NOWHERE;
  }

  #first(after: number, is: (e: TraceEvent, at: number) => boolean): number {
    for (let at = after + 1; at < this.#end; at++) if (is(this.#trace[at]!, at)) return at;
    return NOWHERE;
  }
}
