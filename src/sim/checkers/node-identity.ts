// A node reported under two identities, or two nodes under one, makes every registry of writers worthless: a group id
// once passed for a node id, and all nodes of the group looked like one writer.
import type { CheckContext, Checker } from './probe.ts';

/** One node has one identity, on all its listeners and over restarts, and no other node has the same. */
export class NodeIdentity implements Checker {
  readonly name = 'node-identity';
  readonly says = 'every node reports one full_node_id, and no two nodes the same';
  readonly #ctx: CheckContext;
  readonly #ofNode: (string | undefined)[] = [];
  readonly #owner = new Map<string, number>();

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
  }

  onIdentity(node: number, group: number, fullNodeId: string): void {
    const { nodes, groups } = this.#ctx;
    const before = (this.#ofNode[node] ??= fullNodeId);
    const owner = this.#owner.get(fullNodeId) ?? node;
    this.#owner.set(fullNodeId, owner);
    if (owner !== node) {
      this.#ctx.violated(this.name, 'shared-identity', node, group, () => {
        return `${nodes[owner]!} and ${nodes[node]!} both report full_node_id ${fullNodeId}`;
      });
    } else if (before !== fullNodeId) {
      this.#ctx.violated(this.name, 'two-identities', node, group, () => {
        return `${nodes[node]!} reports full_node_id ${fullNodeId} on the listener of ${groups[group]!}, and ${before} elsewhere`;
      });
    }
  }
}
