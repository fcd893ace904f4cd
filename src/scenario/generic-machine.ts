// The state machine of a feature given by `apply` alone: one replica's state, moved by a pure function. The state is
// rebuilt from the log and travels in snapshots; the durable fields an entry sets are also written to the node's side
// files, which no snapshot carries. The two differ exactly where real side files and real logs do.
import type { Entry as LogEntry } from '../raft/types.ts';
import type { SelfView } from '../gate/atom.ts';
import type { ApplyResult, Halt, StateMachine } from '../fsm/state-machine.ts';
import { applyPurely, isHalt } from './apply-purely.ts';
import { canonicalJson, deepFreeze, hashText } from './canonical.ts';
import { decodeData, encodeData } from './data-codec.ts';
import { decodeEntry, opcodeName, putOpcode } from './entry-codec.ts';
import type { Args } from './entry-codec.ts';
import type { ProcessPort } from './program.ts';
import type { Entry, SubjectDefinition } from './subject.ts';

/** What every applied entry answers. */
const APPLIED: ApplyResult = { kind: 'applied', response: null, error: null };

type Fields = Readonly<Record<string, unknown>>;

/** One replica of a generic feature. */
export class GenericMachine implements StateMachine {
  readonly #subject: SubjectDefinition;
  readonly #me: SelfView;
  readonly #durable: ProcessPort['durable'];
  readonly #putOpcode: number;
  #state: unknown;
  #kv: Record<string, string> = {};
  #digest: number | null = null;

  constructor(subject: SubjectDefinition, me: SelfView, durable: ProcessPort['durable']) {
    this.#subject = subject;
    this.#me = me;
    this.#durable = durable;
    this.#putOpcode = putOpcode(subject);
    this.#state = deepFreeze(subject.initial(), 'initial');
  }

  /** The replicated state. Frozen: a new object whenever it changes. */
  get state(): unknown {
    return this.#state;
  }

  /** The value a KV write gave a key; null if none did. */
  read(key: string): string | null {
    return this.#kv[key] ?? null;
  }

  setApplyIndex(): void {
    // Every entry behind the snapshot is applied again after a restart, so no index has to be kept.
  }

  isVolatileOnly(): boolean {
    return false;
  }

  durableAppliedIndex(): number {
    return 0;
  }

  apply(entry: LogEntry, payload: Uint8Array): ApplyResult | Halt {
    const decoded = decodeEntry(payload);
    if (decoded === null) return halt(entry.index, payload[0] ?? -1, 'an entry that no feature of this process wrote');
    const { opcode, args } = decoded;
    const op = opcodeName(this.#subject, opcode);
    if (this.#subject.opcodes[op] === undefined) {
      if (opcode !== this.#putOpcode) return halt(entry.index, opcode, `unknown opcode ${op}`);
    } else {
      const why = this.#applyEntry({ op, index: entry.index, term: entry.term, args });
      if (why !== null) return halt(entry.index, opcode, why);
    }
    if (opcode === this.#putOpcode) this.#put(args);
    return APPLIED;
  }

  snapshot(): Uint8Array {
    return encodeData({ state: this.#state, kv: this.#kv });
  }

  restore(bytes: Uint8Array): string | null {
    const read = decodeData(bytes);
    if (typeof read !== 'object' || read === null || !('state' in read) || !('kv' in read)) return 'not a snapshot';
    this.#state = deepFreeze(read.state, 'snapshot');
    this.#kv = { ...(read.kv as Record<string, string>) };
    this.#digest = null;
    return null;
  }

  digest(): number {
    this.#digest ??= hashText(canonicalJson([this.#state, this.#kv]));
    return this.#digest;
  }

  /** Moves the state by one entry of the subject; a text: why this replica cannot go on. */
  #applyEntry(entry: Entry<string>): string | null {
    const next = applyPurely(this.#subject, this.#state, entry, this.#me);
    if (isHalt(next)) return next.halt;
    if (this.#subject.durable.length > 0) this.#writeDurable(entry, next);
    if (next !== this.#state) {
      this.#state = next;
      this.#digest = null;
    }
    return null;
  }

  /** Syncs the durable fields that the entry sets, whatever the log says they were before. */
  #writeDurable(entry: Entry<string>, next: unknown): void {
    const kept = this.#me.durable;
    const fields = this.#subject.durable;
    const before = { ...(this.#state as Fields), ...kept };
    // During a replay the files are ahead of the state: only a run on top of the files tells what the entry writes.
    const ahead = fields.some((field) => canonicalJson((this.#state as Fields)[field]) !== canonicalJson(kept[field]));
    const after = (ahead ? applyPurely(this.#subject, deepFreeze(before, 'state'), entry, this.#me) : next) as Fields;
    if (isHalt(after)) return;
    const changed = fields.filter((field) => canonicalJson(after[field]) !== canonicalJson(kept[field]));
    if (changed.length > 0) this.#durable.put(Object.fromEntries(changed.map((field) => [field, after[field]])));
  }

  #put(args: Args): void {
    this.#kv = { ...this.#kv, [args['key'] ?? '']: args['value'] ?? '' };
    this.#digest = null;
  }
}

function halt(index: number, opcode: number, detail: string): Halt {
  return { kind: 'halt', index, opcode, code: 'ErrSubject', detail };
}
