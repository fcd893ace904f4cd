// Of facts that are all false where nothing may be admitted, which one speaks of what is missing? A flag that happens to be
// unset would have kept the call away as well, and a reviewer who is told so adds the wrong condition: one day the flag is
// set. A fact is to the point if it turns true as soon as the binary can apply the entry, with all else as it is.
import type { SelfView } from '../gate/atom.ts';
import type { Build } from '../scenario/build.ts';

/** Whether an atom of a build tells that the binary cannot apply something; false for one that cannot be asked like this. */
export function tellsOfAbility(build: Build, name: string): boolean {
  const unable = (op: string): boolean => build.applies.includes(op);
  try {
    return !holdsIf(build, name, unable) && holdsIf(build, name, () => true);
  } catch {
    // A designer's function that cannot take a view without a run behind it says nothing.
    return false;
  }
}

function holdsIf(build: Build, name: string, applies: (op: string) => boolean): boolean {
  const { subject, maxVersion, config } = build;
  const initial = subject.initial() as Readonly<Record<string, unknown>>;
  const durable = Object.fromEntries(subject.durable.map((field) => [field, initial[field]]));
  const me: SelfView = { id: '', build: build.name, maxVersion, config, durable, applies };
  const atom = subject.atoms[name]!;
  if (atom.seenBy === 'self') return atom.holds(me);
  if (atom.seenBy !== 'asking') return false;
  const answers = subject.rpcs[atom.rpc]?.answers;
  return answers !== undefined && atom.holds(answers(me));
}
