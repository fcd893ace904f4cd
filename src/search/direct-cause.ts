// Of facts that are all false where nothing may be admitted, which one speaks of what is missing? A flag that happens to be
// unset would have kept the call away as well, and a reviewer who is told so adds the wrong condition: one day the flag is
// set. A fact is to the point if it turns true as soon as the binary, or the replicated state, is such that the entry can be
// applied, with all else as it is.
import { byCodeUnits } from '../base/text.ts';
import type { SelfView } from '../gate/atom.ts';
import { applyPurely, isHalt } from '../scenario/apply-purely.ts';
import type { Build } from '../scenario/build.ts';
import { canonicalJson, deepFreeze } from '../scenario/canonical.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** Most states that are made up, and most entries one of them is away from the first. */
const MOST_STATES = 64;
const MOST_ENTRIES = 3;

/** Whether an atom tells that an entry cannot be applied; false for one that cannot be asked like this. */
export function tellsOfAbility(scenario: Scenario, build: Build, name: string, at: string): boolean {
  const atom = build.subject.atoms[name]!;
  const unable = (op: string): boolean => build.applies.includes(op);
  try {
    if (atom.seenBy !== 'log') return !holdsIf(build, name, unable) && holdsIf(build, name, () => true);
    const op = build.subject.rpcs[at]?.proposes;
    if (op === undefined) return false;
    const states = statesOf(scenario, build);
    const builds = equipped(scenario);
    const works = (state: unknown): boolean => builds.some((one) => after(one, state, op) !== null);
    const told = states.filter((state) => atom.holds(state as never));
    return told.some(works) && !states.some((state) => !told.includes(state) && works(state));
  } catch {
    // A designer's function that cannot take a view without a run behind it says nothing.
    return false;
  }
}

/**
 * Whether a fact could be a condition of the entry that an RPC proposes. One about the log can, if another entry brings it
 * about: what this entry alone makes true, a gate that waits for it never allows.
 */
export function mayComeBefore(scenario: Scenario, build: Build, name: string, at: string): boolean {
  const atom = build.subject.atoms[name]!;
  const own = build.subject.rpcs[at]?.proposes;
  if (atom.seenBy !== 'log' || own === undefined) return true;
  try {
    const builds = equipped(scenario);
    const before = statesOf(scenario, build).filter((state) => !atom.holds(state as never));
    const made = (op: string): boolean =>
      before.some((state) =>
        builds.some((one) => {
          const next = after(one, state, op);
          return next !== null && atom.holds(next.state as never);
        }),
      );
    return Object.keys(build.subject.opcodes).some((op) => op !== own && made(op));
  } catch {
    return false;
  }
}

/** The builds of a scenario, and the same builds with every flag set that is not: what they might be started with one day. */
function equipped({ builds }: Scenario): Build[] {
  const keys = new Set(builds.flatMap(({ config }) => Object.keys(config)));
  const all = [...keys].sort(byCodeUnits).map((key) => [key, true] as const);
  const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== false;
  const setIn = ({ config }: Build): Record<string, unknown> => ({
    ...Object.fromEntries(all),
    ...Object.fromEntries(Object.entries(config).filter(([, value]) => isSet(value))),
  });
  return [...builds, ...builds.map((build) => ({ ...build, config: setIn(build) }))];
}

function viewOf({ subject, name, maxVersion, config }: Build, applies: (op: string) => boolean): SelfView {
  const initial = subject.initial() as Readonly<Record<string, unknown>>;
  const durable = Object.fromEntries(subject.durable.map((field) => [field, initial[field]]));
  return { id: '', build: name, maxVersion, config, durable, applies };
}

function holdsIf(build: Build, name: string, applies: (op: string) => boolean): boolean {
  const { subject } = build;
  const me = viewOf(build, applies);
  const atom = subject.atoms[name]!;
  if (atom.seenBy === 'self') return atom.holds(me);
  if (atom.seenBy !== 'asking') return false;
  const answers = subject.rpcs[atom.rpc]?.answers;
  return answers !== undefined && atom.holds(answers(me));
}

/** The state after an entry that carries nothing, in a binary that can apply all; null where it halts. */
function after(build: Build, state: unknown, op: string): { readonly state: unknown } | null {
  const entry = { op, index: 1, term: 1, args: {} };
  const made = applyPurely(
    build.subject,
    state,
    entry,
    viewOf(build, () => true),
  );
  return isHalt(made) ? null : { state: deepFreeze(made, op) };
}

/** States that a few entries lead to, in any order, under the flags of any build. */
function statesOf(scenario: Scenario, { subject }: Build): unknown[] {
  const builds = equipped(scenario);
  const found: unknown[] = [deepFreeze(subject.initial(), 'initial()')];
  const seen = new Set([canonicalJson(found[0])]);
  let layer = found;
  for (let entries = 0; entries < MOST_ENTRIES && found.length < MOST_STATES; entries++) {
    const made = layer.flatMap((state) =>
      Object.keys(subject.opcodes).flatMap((op) => builds.map((build) => after(build, state, op))),
    );
    layer = made.flatMap((one) => {
      const key = one === null ? '' : canonicalJson(one.state);
      if (one === null || seen.has(key)) return [];
      seen.add(key);
      return [one.state];
    });
    found.push(...layer);
  }
  return found;
}
