// A designer's own function is asked something: an atom, an answer, a property. What it throws is a mistake in the scenario
// and is told with its place; taken for a bug of ours it would send its author into our stack.
import { InputError } from '../base/errors.ts';
import type { Answer, SelfView } from '../gate/atom.ts';
import { placeInStack, placeOf } from './place.ts';
import type { SubjectDefinition } from './subject.ts';
import { got } from './wants.ts';

/** What the function answers. @param what names it in the error @throws InputError SCN009 where it throws */
export function askUser<T>(ask: () => T, what: string): T {
  try {
    return ask();
  } catch (error) {
    throw thrownByUser(error, what);
  }
}

/** What a process answers to an RPC of a subject that answers. @throws InputError SCN009 where it throws, or answers with no record of facts */
export function askAnswer(subject: SubjectDefinition, rpc: string, me: SelfView): Answer {
  const what = `the answer of ${rpc}`;
  const answer: unknown = askUser(() => subject.rpcs[rpc]!.answers!(me), what);
  if (typeof answer === 'object' && answer !== null && !('then' in answer)) return answer as Answer;
  throw new InputError(
    'SCN009',
    `${what}: wants facts by name, such as { capable: true }, got ${got(answer)}`,
    placeOf(subject),
  );
}

/** What a designer's function threw, as the mistake it is. @param what names the function */
export function thrownByUser(error: unknown, what: string): InputError {
  if (error instanceof InputError) return error;
  const isError = error instanceof Error;
  const why = isError ? error.message : String(error);
  return new InputError('SCN009', `${what} throws: ${why}`, placeInStack(isError ? (error.stack ?? '') : ''));
}
