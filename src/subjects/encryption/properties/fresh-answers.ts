// Who asks for the keys gets those of now. ResyncSidecar is how a node with a lost sidecar is helped: an old leader that does
// not know yet that it is deposed would ship a key set, or a last seen epoch, that the cluster has left behind.
import { Code } from '../../../base/errors.ts';
import type { ProcessEvent, Watch, WatchContext } from '../../../scenario/watch.ts';
import type { Answered } from '../facts.ts';
import { isFact } from './fact-of.ts';

const MUTATORS: readonly string[] = [
  'BootstrapEncryption',
  'RotateDEK',
  'RegisterEncryptionWriter',
  'EnableStorageEnvelope',
  'EnableRaftEnvelope',
];

/** What was answered OK before a report was asked for is in the report. */
export class FreshAnswers implements Watch {
  readonly name = 'fresh-answers';
  readonly says = 'ResyncSidecar ships nothing older than what was answered OK before it was asked';
  readonly #ctx: WatchContext;
  /** Highest applied index that a mutator was answered OK with. */
  #promised = 0;
  /** By call: what was promised when it began. */
  readonly #atStart = new Map<string, number>();

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
  }

  onProcess(node: number, what: ProcessEvent): void {
    if (what !== 'start') return;
    const mine = `${node}/`;
    for (const key of [...this.#atStart.keys()].sort((a, b) => (a < b ? -1 : 1)))
      if (key.startsWith(mine)) this.#atStart.delete(key);
  }

  onFact(node: number, fact: object): void {
    if (!isFact(fact)) return;
    if (fact.kind === 'step') {
      const key = `${node}/${fact.call}`;
      if (!this.#atStart.has(key)) this.#atStart.set(key, this.#promised);
    } else if (fact.kind === 'answered' && fact.code === Code.Ok && fact.answer !== null) this.#answered(node, fact);
  }

  #answered(node: number, { call, rpc, answer }: Answered): void {
    if (MUTATORS.includes(rpc) && answer !== null && 'applied_index' in answer) {
      this.#promised = Math.max(this.#promised, Number(answer.applied_index));
    }
    if (rpc !== 'ResyncSidecar' || answer === null || !('leader_latest_applied_index' in answer)) return;
    const promised = this.#atStart.get(`${node}/${call}`) ?? 0;
    const shown = Number(answer.leader_latest_applied_index);
    if (shown >= promised) return;
    this.#ctx.violated(this.name, 'stale', node, 0, () => {
      return `${this.#ctx.nodes[node]!} ships the keys of index ${shown}, although index ${promised} had been answered OK`;
    });
  }
}
