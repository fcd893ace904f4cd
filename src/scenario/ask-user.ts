// A designer's own function is asked something: an atom, an answer, a property. What it throws is a mistake in the scenario
// and is told with its place; taken for a bug of ours it would send its author into our stack.
import { InputError } from '../base/errors.ts';
import { placeInStack } from './place.ts';

/** What the function answers. @param what names it in the error @throws InputError SCN009 where it throws */
export function askUser<T>(ask: () => T, what: string): T {
  try {
    return ask();
  } catch (error) {
    throw thrownByUser(error, what);
  }
}

/** What a designer's function threw, as the mistake it is. @param what names the function */
export function thrownByUser(error: unknown, what: string): InputError {
  const isError = error instanceof Error;
  const why = isError ? error.message : String(error);
  return new InputError('SCN009', `${what} throws: ${why}`, placeInStack(isError ? (error.stack ?? '') : ''));
}
