// A violation in words. A property that is a predicate has nothing to say but its name and its kind; a checker has a whole
// sentence, and saying the name twice would hide it.
import { seconds } from './layout.ts';

/** What is told of a violation; `atMs` is null where a model found it, which has no clock. */
export interface TellableViolation {
  readonly property: string;
  readonly says: string;
  readonly atMs: number | null;
}

/** The property with its kind, and what there is to say besides; empty if that is all. */
function parts({ property, says }: TellableViolation): { readonly title: string; readonly rest: string } {
  const [, kind, more] = /^(never|always|eventually|leadsTo): (.*)$/s.exec(says) ?? [];
  if (kind === undefined || more === undefined || !more.startsWith(property)) return { title: property, rest: says };
  return { title: `${kind} ${property}`, rest: more.slice(property.length).replace(/^: /, '') };
}

function timed({ atMs }: TellableViolation, title: string): string {
  return atMs === null ? title : `${title}, at ${seconds(atMs)}`;
}

/** A heading, and the sentence below it if there is one: `never apply-halted, at 0.185s`. */
export function violationLines(violation: TellableViolation): readonly string[] {
  const { title, rest } = parts(violation);
  return [timed(violation, title), ...(rest === '' ? [] : [rest])];
}

/** All of it in one sentence. */
export function violationText(violation: TellableViolation): string {
  return violationLines(violation).join(': ');
}
