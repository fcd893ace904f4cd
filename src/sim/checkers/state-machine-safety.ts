// Replicas that apply different entries, or reach different states by the same entries, have parted for good and nobody
// notices. Entries are compared with the first one applied at their index, states by their digest. A digest may cost a
// walk over the state, so beyond the first indexes only every sixteenth is compared: a state that parted stays apart.
import type { Entry, Index, Snapshot } from '../../raft/index.ts';
import { Grid } from './grid.ts';
import { sameEntry } from './log-matching.ts';
import type { CheckContext, Checker, Digestible, ReplicaLens } from './probe.ts';

const EVERY_DIGEST_UP_TO = 64;
const THEN_EVERY = 16;

/** @source Raft Figure 3, State Machine Safety */
export class StateMachineSafety implements Checker {
  readonly name = 'state-machine-safety';
  readonly says = 'replicas apply the same entries in order and reach the same states';
  readonly #ctx: CheckContext;
  /** By group, then index: the first entry applied, and by whom. */
  readonly #entries: (Entry | undefined)[][];
  readonly #by: number[][];
  /** By group, then index: the first state reached, and by whom. */
  readonly #digests: (number | undefined)[][];
  readonly #digestBy: number[][];
  /** Index applied last in this incarnation; 0 before the first. */
  readonly #last: Grid;

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#entries = ctx.groups.map(() => []);
    this.#by = ctx.groups.map(() => []);
    this.#digests = ctx.groups.map(() => []);
    this.#digestBy = ctx.groups.map(() => []);
    this.#last = new Grid(ctx.nodes.length, ctx.groups.length);
  }

  onStart(node: number, group: number, _replica: ReplicaLens): void {
    this.#last.set(node, group, 0);
  }

  onSnapshot(node: number, group: number, did: 'take' | 'install', snapshot: Snapshot): void {
    if (did === 'install') this.#last.set(node, group, snapshot.index);
  }

  onApply(node: number, group: number, entry: Entry, _opcode: number, machine: Digestible | null): void {
    this.#inOrder(node, group, entry.index);
    const entries = this.#entries[group]!;
    const first = entries[entry.index];
    if (first === undefined) {
      entries[entry.index] = entry;
      this.#by[group]![entry.index] = node;
    } else if (!sameEntry(first, entry)) {
      const other = this.#by[group]![entry.index]!;
      this.#violated(
        'other-entry',
        node,
        group,
        entry.index,
        (name) => `${name(other)} and ${name(node)} apply different entries`,
      );
    }
    if (machine !== null && isCompared(entry.index)) this.#compareState(node, group, entry.index, machine);
  }

  #inOrder(node: number, group: number, index: Index): void {
    const last = this.#last.get(node, group);
    this.#last.set(node, group, index);
    // The first entry after a start may be a replay; from then on there is no gap and no repetition.
    if (last === 0 || index === last + 1) return;
    this.#violated('out-of-order', node, group, index, (name) => `${name(node)} applies an entry after index ${last}`);
  }

  #compareState(node: number, group: number, index: Index, machine: Digestible): void {
    // While old entries are replayed the state is already ahead of them.
    if (this.#ctx.replica(node, group)?.applied() !== index || (machine.stateIndex?.() ?? 0) > index) return;
    const digest = machine.digest();
    const first = this.#digests[group]![index];
    if (first === undefined) {
      this.#digests[group]![index] = digest;
      this.#digestBy[group]![index] = node;
    } else if (first !== digest) {
      const other = this.#digestBy[group]![index]!;
      this.#violated(
        'other-state',
        node,
        group,
        index,
        (name) => `${name(other)} and ${name(node)} have different states`,
      );
    }
  }

  #violated(
    code: string,
    node: number,
    group: number,
    index: Index,
    says: (name: (n: number) => string) => string,
  ): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => {
      return `${says((n) => nodes[n]!)} at index ${index} of ${groups[group]!}`;
    });
  }
}

function isCompared(index: Index): boolean {
  return index <= EVERY_DIGEST_UP_TO || index % THEN_EVERY === 0;
}
