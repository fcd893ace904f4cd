// "Capable" is the one word a gate can ask of a peer, so it has to mean what the gate takes it for: the node can apply the
// next encryption entry. Two ways of lying are told apart: one that is plain when the word is said (no KEK, no applier), and
// one that shows only when an entry comes (another KEK, an older dispatcher).
import { CLOSED_BAND_FIRST, CLOSED_BAND_LAST } from '../../../fsm/opcodes.ts';
import type { Halt } from '../../../fsm/state-machine.ts';
import type { Build } from '../../../scenario/build.ts';
import type { LogEntry, ProcessEvent, Watch, WatchContext } from '../../../scenario/watch.ts';
import { inspect, isFact } from './fact-of.ts';

/** A node that answers "capable" can apply the next encryption entry. */
export class TruthfulCapability implements Watch {
  readonly name = 'truthful-capability';
  readonly says = 'a node that answers "capable" can apply the next encryption entry';
  readonly #ctx: WatchContext;
  /** By node: its process would answer, or has answered, "capable". */
  readonly #capable: boolean[] = [];

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
  }

  onProcess(node: number, what: ProcessEvent, _build: Build): void {
    this.#capable[node] = what === 'serving' && inspect(this.#ctx, node)?.capable === true;
  }

  onFact(node: number, fact: object): void {
    if (!isFact(fact) || fact.kind !== 'answered' || fact.rpc !== 'GetCapability' || fact.answer === null) return;
    if (!('encryption_capable' in fact.answer) || fact.answer.encryption_capable !== true) return;
    this.#capable[node] = true;
    const process = inspect(this.#ctx, node);
    if (process === null || process.configured) return;
    this.#ctx.violated(this.name, 'not-configured', node, 0, () => {
      const { kekFile, encryptionEnabled } = process.flags;
      const has = `${kekFile === null ? 'no KEK' : 'a KEK'}${encryptionEnabled ? '' : ', encryption not enabled'}`;
      return `${this.#ctx.nodes[node]!} (${process.stage.name}) answers "capable" and has no applier for keys: ${has}`;
    });
  }

  onHalt(node: number, group: number, halt: Halt): void {
    if (this.#capable[node] !== true || halt.opcode < CLOSED_BAND_FIRST || halt.opcode > CLOSED_BAND_LAST) return;
    this.#ctx.violated(this.name, `halts ${halt.code}`, node, group, () => {
      const where = `${this.#ctx.groups[group]!} at index ${halt.index}`;
      return `${this.#ctx.nodes[node]!} reports itself capable and halts in ${where}: ${halt.detail}`;
    });
  }

  onApply(node: number, group: number, entry: LogEntry, opcode: number, _machine: unknown, error: string | null): void {
    if (error === null || this.#capable[node] !== true || opcode < CLOSED_BAND_FIRST || opcode > CLOSED_BAND_LAST)
      return;
    this.#ctx.violated(this.name, 'skips', node, group, () => {
      const where = `${this.#ctx.groups[group]!} at index ${entry.index}`;
      return `${this.#ctx.nodes[node]!} reports itself capable and skips an encryption entry in ${where}: ${error}`;
    });
  }
}
