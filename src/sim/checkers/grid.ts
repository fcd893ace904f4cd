// Small state of every replica, as one array of integers: checkers touch theirs at every event.

/** An int32 per (node, group), 0 at first. */
export class Grid {
  readonly #stride: number;
  readonly #cells: Int32Array;

  /** @param nodes number of nodes + 1, @param groups number of groups + 1 */
  constructor(nodes: number, groups: number) {
    this.#stride = groups;
    this.#cells = new Int32Array(nodes * groups);
  }

  get(node: number, group: number): number {
    return this.#cells[node * this.#stride + group]!;
  }

  set(node: number, group: number, value: number): void {
    this.#cells[node * this.#stride + group] = value;
  }
}
