// How a property reads what programs tell. Facts cross the simulator as plain objects; only programs of this feature tell
// any, but a cluster may run other features beside it, so a fact is told by its kind.
import type { EncryptionFact, Inspection } from '../facts.ts';
import type { WatchContext } from '../../../scenario/watch.ts';

const KINDS: readonly string[] = ['sealed', 'entry', 'applied', 'step', 'stepped', 'answered'];

/** Whether a fact is one of this feature's. */
export function isFact(fact: object): fact is EncryptionFact {
  return 'kind' in fact && typeof fact.kind === 'string' && KINDS.includes(fact.kind);
}

/** What may be looked at in the process of a node; null while it does not serve. */
export function inspect(ctx: WatchContext, node: number): Inspection | null {
  return (ctx.program(node)?.inspect?.() ?? null) as Inspection | null;
}
