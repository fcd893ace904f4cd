// What changed between two versions of a gate: in which situations the new one opens that the old one did not, in which it
// closes, and which of those are unsafe. One search with the gate in question answers for both.
import type { Formula } from '../gate/formula.ts';
import type { WeakestQuestion } from '../scenario/scenario.ts';
import { atomsOf } from '../gate/formula.ts';
import type { SearchOptions } from './exhaustive.ts';
import { isSafe } from './open-sets.ts';
import { askedBuilds, inquire, openedBy, shortestAgainst } from './weakest-gate.ts';
import { witnessOf, type Witness } from './witness.ts';

export interface ChangedSituation {
  readonly atoms: Readonly<Record<string, boolean>>;
  /** Opened by the new gate, or closed by it. */
  readonly now: 'open' | 'closed';
  /** Whether a gate open here, beside what the old gate opens, is safe. */
  readonly safe: boolean;
  /** The shortest run that passes the new gate and breaks a property; null where safe. */
  readonly witness: Witness | null;
  readonly steps: number | null;
}

export interface GateDiff {
  readonly at: string;
  /** Situations reached in which only the new gate is open, and only the old one. */
  readonly opened: number;
  readonly closed: number;
  readonly unsafe: number;
  readonly changes: readonly ChangedSituation[];
  /** Whether each gate as a whole is safe within the bound. */
  readonly before: 'holds' | 'violated';
  readonly after: 'holds' | 'violated';
  readonly situations: number;
  readonly states: number;
  readonly complete: boolean;
  readonly why: string | null;
}

/** Compares two gates at the point a question is about. */
export function gateDiff(
  question: WeakestQuestion,
  before: Formula,
  after: Formula,
  options: Omit<SearchOptions, 'question' | 'all'> = {},
): GateDiff {
  const named = [...question.atoms, ...atomsOf(before), ...atomsOf(after)];
  const atoms = named.filter((name, i) => named.indexOf(name) === i);
  const about = { at: question.at, builds: askedBuilds(question), atoms };
  const inquiry = inquire(question.with('open'), about, 'boolean', options);
  const { searched, judgement } = inquiry;
  const old = openedBy(inquiry, before);
  const now = openedBy(inquiry, after);
  const changes = judgement.reached
    .filter((situation) => old.includes(situation) !== now.includes(situation))
    .map((situation): ChangedSituation => {
      const opens = now.includes(situation);
      const broken = opens ? shortestAgainst(inquiry, [...old, situation], situation) : null;
      return {
        atoms: Object.fromEntries(atoms.map((name, i) => [name, (situation & (1 << i)) !== 0])),
        now: opens ? 'open' : 'closed',
        safe: broken === null,
        witness: broken === null ? null : witnessOf(searched, broken),
        steps: broken === null ? null : broken.depth,
      };
    });
  return {
    at: question.at,
    opened: changes.filter((change) => change.now === 'open').length,
    closed: changes.filter((change) => change.now === 'closed').length,
    unsafe: changes.filter((change) => !change.safe).length,
    changes,
    before: isSafe(old, judgement.unsafe) ? 'holds' : 'violated',
    after: isSafe(now, judgement.unsafe) ? 'holds' : 'violated',
    situations: judgement.reached.length,
    states: searched.store.size,
    complete: searched.complete,
    why: searched.why,
  };
}
