// Running a feature's `apply` as what it claims to be: a pure function. The simulator and the exhaustive model both run it
// here, so that neither forgives what the other punishes. A panic stops the replica, as in a real apply loop; to change
// the state it was given, or to return none, is a mistake in the scenario and is told as one.
import { InputError } from '../base/errors.ts';
import type { SelfView } from '../gate/atom.ts';
import { canonicalJson, deepFreeze, isWriteToFrozen } from './canonical.ts';
import { placeOf } from './place.ts';
import type { Entry, Halt, SubjectDefinition } from './subject.ts';

/**
 * The state after an entry, frozen, or why the replica halts on it. `state` has to be frozen.
 * @throws InputError SCN009 where `apply` changes its argument, or returns nothing or what is no data
 */
export function applyPurely(subject: SubjectDefinition, state: unknown, entry: Entry<string>, me: SelfView): unknown {
  let after: unknown;
  try {
    after = subject.apply(state, entry, me);
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (isWriteToFrozen(error)) {
      const why = `changes the state it was given (${(error as Error).message}); it has to return a new one`;
      throw new InputError('SCN009', `apply(${entry.op}) of ${subject.name} ${why}`, placeOf(subject));
    }
    return { halt: `apply panicked: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (after === undefined) {
    throw new InputError('SCN009', `apply(${entry.op}) of ${subject.name} returns no state`, placeOf(subject));
  }
  return isHalt(after) ? after : deepFreeze(after, `apply(${entry.op})`, subject);
}

/** As `applyPurely`; asks twice, since what depends on anything but its arguments can be told by nothing else. */
export function applyAgain(subject: SubjectDefinition, state: unknown, entry: Entry<string>, me: SelfView): unknown {
  const [after, again] = [applyPurely(subject, state, entry, me), applyPurely(subject, state, entry, me)];
  const [one, other] = [canonicalJson(after), canonicalJson(again)];
  if (one !== other) {
    const why = `answers ${one} and then ${other} to the same state and entry; it may depend on nothing else`;
    throw new InputError('SCN009', `apply(${entry.op}) of ${subject.name} ${why}`, placeOf(subject));
  }
  return after;
}

/** Whether `apply` gave up on an entry. */
export function isHalt(after: unknown): after is Halt {
  return typeof after === 'object' && after !== null && 'halt' in after && typeof after.halt === 'string';
}
