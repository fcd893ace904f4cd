// What operators do in a retold run, as the driver of plans names it: which step is begun, after which, and whether the one
// before is over by then. The steps of a witness leave out what cost nothing; a call that was refused may all the same be
// what the next one waited for, and only the plan knows where each step stands.
import type { Model } from './model/model.ts';
import { byLeader, Move } from './model/moves.ts';
import { ACTIVE, type PlanNode } from './model/plan-tree.ts';
import type { System } from './model/system.ts';
import { isAdmission, type Told } from './retell.ts';

/** One step of the plan that is begun. */
export interface Cue {
  /** Its place in the plan, `*` for any round of a repeated part. */
  readonly path: string;
  readonly what: 'step' | 'member' | 'upgrade' | 'rollBack';
  /** The node that an upgrade or a roll-back is about; empty for other steps. */
  readonly node: string;
  /** The next step is begun before this one is over. */
  readonly overlaps: boolean;
  /** By group, who leads when a leader next does something there. */
  readonly leads: Readonly<Record<string, string>>;
}

/** A cue on its way: `from` and `to` are the moves with which its step begins and is over. */
interface Begun {
  readonly path: string;
  readonly what: Cue['what'];
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

/** What operators do, in the order of a retold run. */
export function cuesOf({ model }: System, told: readonly Told[]): Cue[] {
  const { nodes } = model.plan.tree;
  const begun: Begun[] = [];
  for (const [from, t] of told.entries()) {
    const leaf = begunBy(model, t);
    if (leaf === null) continue;
    const to = overAt(told, from);
    const isPart = nodes[leaf.parent]?.path === leaf.path;
    const whole = isPart ? begun.findIndex(({ path }) => path === leaf.path) : -1;
    // The parts of one written step are begun with the first of them, and over with the last.
    if (whole >= 0) begun[whole] = { ...begun[whole]!, to };
    else begun.push({ path: leaf.path, ...aboutOf(leaf, t, model.nodes), from, to });
  }
  return begun.map(({ path, what, node, from, to }, i) => {
    const next = begun[i + 1];
    return { path, what, node, overlaps: next !== undefined && to > next.from, leads: leadsFrom(model, told, from) };
  });
}

function leadsFrom(model: Model, told: readonly Told[], from: number): Record<string, string> {
  const leads: Record<string, string> = {};
  for (const [g, { name }] of model.groups.entries()) {
    const next = told.find((t, i) => i >= from && t.group === g && (isAdmission(t.move) || byLeader(t.move)));
    const leader = next === undefined ? -1 : model.leader(next.after, g);
    if (leader >= 0) leads[name] = model.nodes[leader]!;
  }
  return leads;
}

/** The leaf that a move begins; null if it begins none. */
function begunBy({ plan }: Model, t: Told): PlanNode | null {
  const leaf = plan.tree.nodes[isAdmission(t.move) ? t.leaf : hasLeaf(t) ? t.detail : -1];
  if (leaf?.kind !== 'leaf' || plan.status(t.before, leaf) > ACTIVE) return null;
  const isBookkeeping = t.move === Move.Plan || t.move === Move.Refuse;
  return isBookkeeping && (leaf.action!.do === 'rolling' || plan.isActive(t.after, leaf)) ? null : leaf;
}

/** Moves whose detail is a step of the plan. */
function hasLeaf({ move }: Told): boolean {
  switch (move) {
    case Move.Plan:
    case Move.Refuse:
    case Move.Start:
    case Move.Upgrade:
    case Move.RollBack:
    case Move.Restart:
    case Move.Stop:
    case Move.Lose:
    case Move.Elect:
      return true;
    default:
      return false;
  }
}

function aboutOf({ action }: PlanNode, { move, node }: Told, names: readonly string[]): Pick<Cue, 'what' | 'node'> {
  if (action?.do === 'member') return { what: 'member', node: '' };
  if (action?.do !== 'rolling') return { what: 'step', node: '' };
  return { what: move === Move.RollBack ? 'rollBack' : 'upgrade', node: names[node] ?? '' };
}

/** The move with which a step is over: for an admitted one, that its entry is applied where it was admitted. */
function overAt(told: readonly Told[], from: number): number {
  const t = told[from]!;
  if (!isAdmission(t.move)) return from;
  const over = told.findIndex(
    ({ move, node, group, detail }, i) =>
      i > from && move === Move.Apply && group === t.group && node === t.server && detail === t.position,
  );
  return over < 0 ? Infinity : over;
}
