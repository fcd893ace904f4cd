// Two leaders of one term would each commit what the other never heard of.
import { Role, type Term } from '../../raft/index.ts';
import type { CheckContext, Checker } from './probe.ts';

/** At most one leader per group and term, over the whole run and across restarts. @source Raft Figure 3 */
export class ElectionSafety implements Checker {
  readonly name = 'election-safety';
  readonly says = 'no term of a group has two leaders';
  readonly #ctx: CheckContext;
  /** By group: term → the first leader seen. */
  readonly #leaders: Map<Term, number>[];

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#leaders = ctx.groups.map(() => new Map<Term, number>());
  }

  onRole(node: number, group: number, role: Role, term: Term): void {
    if (role !== Role.Leader) return;
    const first = this.#leaders[group]!.get(term);
    if (first === undefined) this.#leaders[group]!.set(term, node);
    if (first === undefined || first === node) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'two-leaders', node, group, () => {
      return `${nodes[first]!} and ${nodes[node]!} both lead ${groups[group]!} in term ${term}`;
    });
  }
}
