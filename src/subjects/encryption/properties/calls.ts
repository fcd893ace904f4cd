// What an operator was told, and what became of it. OK has to mean that the entry took effect, there and on every replica that
// passes it; a refusal has to mean that nothing will. Between the two lies "unknown", and only the codes that say so are
// allowed to be it. Entries are tied to calls by what a process appends while a handler runs.
import { Code } from '../../../base/errors.ts';
import type { LogEntry, ProcessEvent, Watch, WatchContext } from '../../../scenario/watch.ts';
import type { Answered } from '../facts.ts';
import { Cutovers } from './cutovers.ts';
import { isFact } from './fact-of.ts';

/** Codes that promise that nothing was done. */
const DEFINITE: readonly number[] = [Code.InvalidArgument, Code.FailedPrecondition, Code.Unimplemented];

/** A call that put an entry into a log. */
interface Call {
  readonly node: number;
  readonly group: number;
  readonly index: number;
  /** How it was answered; null while it is under way. */
  answered: Answered | null;
  /** Whether a replica has applied the entry with effect. */
  effect: boolean;
  /** A replica that skipped the entry, and the error it skipped it with. */
  skipped: { readonly node: number; readonly error: string } | null;
}

/** Ties calls to entries. Both properties below keep one of their own. */
class CallLedger {
  readonly byEntry = new Map<string, Call>();
  readonly #byCall = new Map<string, Call>();
  readonly #cutovers = new Cutovers();
  /** By node: the call whose handler is running; 0 for none. */
  readonly #running: number[] = [];

  /** The call that was answered, if it had put an entry into a log. */
  onFact(node: number, fact: object): Call | null {
    this.#cutovers.onFact(node, fact);
    if (!isFact(fact)) return null;
    if (fact.kind === 'step') this.#running[node] = fact.call;
    else if (fact.kind === 'stepped') this.#running[node] = 0;
    else if (fact.kind === 'answered') {
      const call = this.#byCall.get(`${node}/${fact.call}`) ?? null;
      if (call !== null) call.answered = fact;
      return call;
    }
    return null;
  }

  /** A new process counts its calls anew. */
  onProcess(node: number, what: ProcessEvent): void {
    if (what !== 'start') return;
    this.#running[node] = 0;
    for (const [name, call] of [...this.#byCall].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (call.node === node) this.#byCall.delete(name);
    }
  }

  onAppend(node: number, group: number, entry: LogEntry, leads: boolean): void {
    const running = this.#running[node] ?? 0;
    if (!leads || running === 0 || entry.type !== 0 || entry.data.length === 0) return;
    const call: Call = { node, group, index: entry.index, answered: null, effect: false, skipped: null };
    this.byEntry.set(keyOf(group, entry), call);
    this.#byCall.set(`${node}/${running}`, call);
  }

  /** The call an applied entry belongs to, brought up to date. */
  onApply(node: number, group: number, entry: LogEntry, error: string | null): Call | null {
    const applied = this.#cutovers.applied(node, group, entry.index);
    const call = this.byEntry.get(keyOf(group, entry)) ?? null;
    if (call === null) return null;
    if (applied?.effect === true) call.effect = true;
    if (error !== null) call.skipped ??= { node, error };
    return call;
  }
}

function keyOf(group: number, entry: LogEntry): string {
  return `${group}/${entry.term}/${entry.index}`;
}

/** A mutator that was answered OK was applied, and is skipped by nobody. */
export class OkMeansApplied implements Watch {
  readonly name = 'ok-means-applied';
  readonly says = 'a call answered OK was applied, and no replica skips its entry';
  readonly #ctx: WatchContext;
  readonly #ledger = new CallLedger();
  /** By node, then RPC: cutovers that were answered as fresh. */
  readonly #fresh = new Map<string, number>();

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
  }

  onProcess(node: number, what: ProcessEvent): void {
    this.#ledger.onProcess(node, what);
  }

  onAppend(node: number, group: number, entry: LogEntry, leads: boolean): void {
    this.#ledger.onAppend(node, group, entry, leads);
  }

  onFact(node: number, fact: object): void {
    const call = this.#ledger.onFact(node, fact);
    if (call === null) return;
    this.#judge(call);
    this.#judgeFresh(call);
  }

  onApply(
    node: number,
    group: number,
    entry: LogEntry,
    _opcode: number,
    _machine: unknown,
    error: string | null,
  ): void {
    const call = this.#ledger.onApply(node, group, entry, error);
    if (call !== null) this.#judge(call);
  }

  #judge({ node, group, index, answered, skipped }: Call): void {
    if (answered === null || answered.code !== Code.Ok || skipped === null) return;
    const code = skipped.node === node ? 'skipped' : 'skipped-elsewhere';
    this.#ctx.violated(this.name, code, skipped.node, group, () => {
      const { nodes, groups } = this.#ctx;
      const told = `${nodes[node]!} answers ${answered.rpc} with OK`;
      return `${told}, and ${nodes[skipped.node]!} skips its entry at index ${index} of ${groups[group]!}: ${skipped.error}`;
    });
  }

  /** A cutover takes effect once: of two that were answered as fresh, one claims what the other did. */
  #judgeFresh({ node, group, index, answered }: Call): void {
    if (answered === null || answered.code !== Code.Ok || answered.answer === null) return;
    if (!('was_already_active' in answered.answer) || answered.answer.was_already_active === true) return;
    const before = this.#fresh.get(answered.rpc);
    this.#fresh.set(answered.rpc, index);
    if (before === undefined || before === index) return;
    this.#ctx.violated(this.name, 'claimed-twice', node, group, () => {
      return `${this.#ctx.nodes[node]!} answers ${answered.rpc} as a fresh cutover, and so did the call behind index ${before}`;
    });
  }
}

/** A mutator that was refused for certain leaves everything as it is. */
export class RefusedMeansUnchanged implements Watch {
  readonly name = 'refused-means-unchanged';
  readonly says = 'a call refused with a definite code changes nothing, then or later';
  readonly #ctx: WatchContext;
  readonly #ledger = new CallLedger();

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
  }

  onProcess(node: number, what: ProcessEvent): void {
    this.#ledger.onProcess(node, what);
  }

  onAppend(node: number, group: number, entry: LogEntry, leads: boolean): void {
    this.#ledger.onAppend(node, group, entry, leads);
  }

  onFact(node: number, fact: object): void {
    const call = this.#ledger.onFact(node, fact);
    if (call !== null) this.#judge(call);
  }

  onApply(
    node: number,
    group: number,
    entry: LogEntry,
    _opcode: number,
    _machine: unknown,
    error: string | null,
  ): void {
    const call = this.#ledger.onApply(node, group, entry, error);
    if (call !== null) this.#judge(call);
  }

  #judge({ node, group, index, answered, effect }: Call): void {
    if (answered === null || !effect || !DEFINITE.includes(answered.code)) return;
    this.#ctx.violated(this.name, 'took-effect', node, group, () => {
      const { nodes, groups } = this.#ctx;
      const told = `${nodes[node]!} refuses ${answered.rpc} ("${answered.text}")`;
      return `${told}, and its entry takes effect at index ${index} of ${groups[group]!}`;
    });
  }
}
