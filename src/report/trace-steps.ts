// The essential steps of a recorded run: of thousands of events the few without which the violation cannot be told.
// Where a replica halted, that is the life of the entry it halted on (admission, appends, commit, halts) and whatever
// changed a build or a membership; elsewhere the last notable events before the violation.
import type { AskedAtom } from '../gate/gate-point.ts';
import type { TraceEvent } from '../sim/kernel/trace.ts';
import type { Violation } from '../sim/verdict.ts';
import { eventText, opcodeText } from './event-text.ts';
import type { StepRow } from './steps-table.ts';

type Of<K extends TraceEvent['kind']> = TraceEvent & { readonly kind: K };
type Halt = Of<'haltApply'>;

const APPEND = /^append \d+$/;
/** A longer text does not fit a cell. */
const MOST_IN_CELL = 40;
/** At most this many events are told where no entry is at the centre. */
const TAIL = 20;

function row(e: TraceEvent, text: string, from: string | null = null, note = ''): StepRow {
  return { atMs: e.atMs, node: e.node, from, text, note };
}

/** How a process start reads: nothing for the first of a node, else what changed. */
function startText(e: TraceEvent & { readonly build: string }, builds: string[]): string | null {
  const before = builds.at(-1);
  const seen = builds.includes(e.build);
  builds.push(e.build);
  if (before === undefined) return null;
  if (before === e.build) return 'restart';
  return seen ? `ROLL BACK to ${e.build}` : `upgrade to ${e.build}`;
}

/** Whom a decision asked, and how old what it went by was: `a, b, c (asked 3 ms ago)`. */
function askedText(asked: readonly AskedAtom[]): string {
  return asked
    .map(({ atom, members, oldestMs }) => `${atom}: ${members.join(', ')} (asked ${oldestMs} ms ago)`)
    .join('; ');
}

/** The gate that let an entry of a node pass: its last open decision, at the RPC or at process start. */
export function gateNote(trace: readonly TraceEvent[], { node, seq }: TraceEvent): string {
  const isItsOwn = (e: TraceEvent): e is Of<'gate'> => e.kind === 'gate' && e.node === node && e.seq < seq;
  const decision = trace.findLast(isItsOwn)?.decision;
  if (decision === undefined) return 'no gate stood in the way';
  const state = `gate "${decision.at}": ${decision.open ? 'open' : 'closed'}`;
  if (decision.asked !== undefined && decision.asked.length > 0) return `${state}; ${askedText(decision.asked)}`;
  return decision.gate === 'open' ? `${state}, nothing was asked` : state;
}

/** How a halt reads in a cell. */
export function haltText(halt: Halt): string {
  return `HALT ${halt.group} at ${halt.index}: ${reasonOf(halt)}`;
}

/** Why a replica halted, short enough for a cell: its own words, or the name of the error. */
function reasonOf({ detail, code }: Halt): string {
  return detail.length <= MOST_IN_CELL ? detail : code;
}

/** What is remembered while the events of one entry's life are picked out. */
class EntryLife {
  readonly #halt: Halt;
  readonly #builds = new Map<string, string[]>();
  readonly #sender = new Map<string, string>();
  readonly #appended = new Set<string>();
  readonly #decisions: Of<'gate'>[] = [];
  readonly #halted: ReadonlySet<string>;
  #confs = new Set<string>();
  /** Who may vote on the entry, as last told before it is committed; empty where nobody told. */
  voters: readonly string[] = [];
  #admitted = false;
  #committed = false;

  constructor(halt: Halt, halted: ReadonlySet<string>) {
    this.#halt = halt;
    this.#halted = halted;
  }

  /** The row an event becomes; null if the story does not need it. */
  row(e: TraceEvent): StepRow | null {
    if (e.kind === 'gate') this.#decisions.push(e);
    if (e.kind === 'start') return this.#start(e);
    if (e.group !== this.#halt.group) return null;
    switch (e.kind) {
      case 'deliver':
        this.#sender.set(e.to, e.from);
        return null;
      case 'append':
        return this.#append(e);
      case 'commit':
        return this.#commit(e);
      case 'conf':
        return this.#conf(e);
      case 'role':
        return e.role === 'leader' && this.#admitted ? row(e, `leads ${e.group} in term ${e.term}`) : null;
      case 'snapshot':
        return e.did === 'install' ? row(e, `install snapshot at ${e.index}`) : null;
      case 'haltApply':
        return e.index === this.#halt.index ? row(e, haltText(e)) : null;
      default:
        return null;
    }
  }

  #start(e: TraceEvent & { readonly build: string }): StepRow | null {
    const builds = this.#builds.get(e.node) ?? [];
    this.#builds.set(e.node, builds);
    const text = startText(e, builds);
    // A restart on the same build matters only to a node that halts.
    return text === null || (text === 'restart' && !this.#halted.has(e.node)) ? null : row(e, text);
  }

  #append(e: Of<'append'>): StepRow | null {
    if (e.index !== this.#halt.index || this.#appended.has(`${e.node} ${e.term}`)) return null;
    this.#appended.add(`${e.node} ${e.term}`);
    if (this.#admitted) return row(e, `append ${e.index}`, this.#sender.get(e.node) ?? null);
    this.#admitted = true;
    const name = e.name === '' ? 'entry' : e.name;
    return row(
      e,
      `${name} admitted -> ${opcodeText(e.opcode)} at ${e.group}/${e.index}`,
      null,
      gateNote(this.#decisions, e),
    );
  }

  #commit(e: Of<'commit'>): StepRow | null {
    if (this.#committed || !this.#admitted || e.index < this.#halt.index) return null;
    this.#committed = true;
    return row(e, `commit ${this.#halt.index}`);
  }

  #conf(e: Of<'conf'>): StepRow | null {
    if (!this.#committed) this.voters = e.voters;
    const text = eventText(e).replace(/^.*?: /, '');
    const isFirst = this.#confs.size === 0;
    const isKnown = this.#confs.has(text);
    this.#confs.add(text);
    return isFirst || isKnown ? null : row(e, text);
  }
}

/**
 * Leaves out appends that nothing in the story rests on: those of nodes that do not halt, beyond the majority that the
 * commit needs. What a learner has written down helps no commit.
 * @param named the voters; empty where only their number is known
 */
function needed(rows: readonly StepRow[], voters: number, named: readonly string[]): StepRow[] {
  const halts = new Set(rows.filter((step) => step.text.startsWith('HALT')).map((step) => step.node));
  const followers = Math.floor((named.length === 0 ? voters : named.length) / 2);
  const appends = rows.filter((step) => APPEND.test(step.text) && (named.length === 0 || named.includes(step.node)));
  const voting = [...appends].sort((a, b) => Number(halts.has(b.node)) - Number(halts.has(a.node))).slice(0, followers);
  return rows.filter((step) => !APPEND.test(step.text) || halts.has(step.node) || voting.includes(step));
}

/** The steps of a run in which an entry stopped a replica. */
function entrySteps(trace: readonly TraceEvent[], halt: Halt, voters: number): StepRow[] {
  const halted = new Set(trace.filter((e) => e.kind === 'haltApply').map((e) => e.node));
  const life = new EntryLife(halt, halted);
  const rows = trace.map((e) => life.row(e)).filter((step) => step !== null);
  return needed(rows, voters, life.voters);
}

const NOTABLE: ReadonlySet<TraceEvent['kind']> = new Set([
  'call',
  'return',
  'conf',
  'crash',
  'exit',
  'haltApply',
  'kv',
  'plan',
  'refused',
  'snapshot',
  'start',
  'stop',
]);

function isNotable(e: TraceEvent, group: string): boolean {
  if (e.group !== '' && group !== '' && e.group !== group) return false;
  if (e.kind === 'role') return e.role === 'leader';
  return NOTABLE.has(e.kind) || (e.kind === 'append' && e.name !== '') || (e.kind === 'apply' && e.error !== null);
}

/** The last notable events before a violation. */
function lastSteps(trace: readonly TraceEvent[], violation: Violation): StepRow[] {
  return trace
    .filter((e) => isNotable(e, violation.group))
    .slice(-TAIL)
    .map((e) => row(e, eventText(e)));
}

/**
 * The essential steps up to a violation. A property is checked before the halt that broke it is written down, so a halt
 * of the same moment belongs to the story.
 * @param voters of a group; more appends than a majority needs are left out
 */
export function traceSteps(trace: readonly TraceEvent[], violation: Violation, voters: number): StepRow[] {
  const halt = trace.find(
    (e): e is Halt =>
      e.kind === 'haltApply' &&
      (e.seq <= violation.seq || e.atMs <= violation.atMs) &&
      (violation.group === '' || e.group === violation.group),
  );
  const last = Math.max(violation.seq, halt?.seq ?? 0);
  const until = trace.filter((e) => e.seq <= last);
  return halt === undefined ? lastSteps(until, violation) : entrySteps(until, halt, voters);
}
