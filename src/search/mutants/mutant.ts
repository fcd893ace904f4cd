// A known bug as a change of our own core's text. It is applied when the core is loaded, never to the files: the core
// that everybody runs holds no switch, no dead branch and no trace of it. A change whose text is not found exactly once
// would hunt a core without the bug, so that is an error and not a shrug.
import { InvariantError } from '../../base/errors.ts';

/** One replacement in one file of src/raft. */
export interface Patch {
  /** Name of the file, such as `log.ts`. */
  readonly file: string;
  /** Text that stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A known bug of a Raft implementation, planted in ours. */
export interface Mutant {
  /** As in the catalogue of known bugs: `A1` … `H10`. */
  readonly id: string;
  readonly bug: string;
  /** What it is known to break, in the catalogue's words: `I7, I3`. */
  readonly breaks: string;
  /** Empty for a bug of the reference, which our core has as it is. */
  readonly patches: readonly Patch[];
  /** Part of the names of the scenarios that are tried first, for half of the time. */
  readonly near?: string;
  /** A property that the reference does not keep, watched in the hunt for this bug alone. */
  readonly beyond?: string;
}

/** A mutant of one patch. */
export function mutant(id: string, breaks: string, bug: string, file: string, find: string, replace: string): Mutant {
  return { id, bug, breaks, patches: [{ file, find, replace }] };
}

/** A mutant of several patches. */
export function mutantOf(id: string, breaks: string, bug: string, ...patches: readonly Patch[]): Mutant {
  return { id, bug, breaks, patches };
}

/** The same mutant, to be looked for in scenarios of that name first. */
export function near(one: Mutant, scenarios: string): Mutant {
  return { ...one, near: scenarios };
}

/** A bug that the reference has itself: there is nothing to plant, and a property to watch that asks for more. */
export function ofReference(id: string, breaks: string, bug: string, beyond: string): Mutant {
  return { id, bug, breaks, patches: [], beyond };
}

/**
 * A file of the core with a mutant's changes to it.
 * @param file name of the file, without a folder
 * @throws InvariantError MUTANT_TEXT if a text to change does not stand there exactly once
 */
export function mutated(one: Mutant, file: string, source: string): string {
  let text = source;
  for (const patch of one.patches) {
    if (patch.file !== file) continue;
    const parts = text.split(patch.find);
    if (parts.length !== 2) {
      throw new InvariantError('MUTANT_TEXT', `${one.id}: found ${parts.length - 1} times in ${file}: ${patch.find}`);
    }
    text = parts.join(patch.replace);
  }
  return text;
}
