// Where in a scenario file a value was written. A plan is data, so by the time a mistake in it is found the call that
// made it is long over; without its place the user is told that "some step" names a node that does not exist. The stack
// is captured when the value is made and turned into text only when an error is printed.
import { InputError } from '../base/errors.ts';
import type { InputCode, InputPlace } from '../base/errors.ts';

/** Holds a captured stack; V8 formats it when it is first read. */
interface Mark {
  stack?: string;
}

/** What V8 adds to `Error`; written out, so that a folder without the types of Node can be checked against ours. */
const V8 = Error as unknown as { captureStackTrace(mark: object, below: unknown): void; stackTraceLimit: number };

const MARKS = new WeakMap<object, Mark>();

/** The folders of our own code: compiled code stands in `dist`, and in `src` where a source map names its frames. */
const OWN = ['src/', 'dist/'].map((folder) => new URL(`../../${folder}`, import.meta.url).href);

/** Remembers the call stack of a value's maker; returns the value. */
export function placed<T extends object>(value: T): T {
  const mark: Mark = {};
  V8.captureStackTrace(mark, placed);
  MARKS.set(value, mark);
  return value;
}

/** Where a value was made in the user's file; null if that is unknown. */
export function placeOf(value: object): InputPlace | null {
  return placeInStack(MARKS.get(value)?.stack ?? '');
}

/** Where the user's code called ours. */
export function callSite(): InputPlace | null {
  const mark: Mark = {};
  // Validation may be many calls deep; the usual ten frames would end inside our own code.
  const usual = V8.stackTraceLimit;
  V8.stackTraceLimit = 100;
  V8.captureStackTrace(mark, callSite);
  V8.stackTraceLimit = usual;
  return placeInStack(mark.stack ?? '');
}

/** An error about bad input, at the place of a value or else at the current call. */
export function inputError(code: InputCode, message: string, about?: object | null): InputError {
  const at = about === undefined || about === null ? null : placeOf(about);
  return new InputError(code, message, at ?? callSite());
}

/** The first frame of a stack that is neither ours nor the runtime's. */
export function placeInStack(stack: string): InputPlace | null {
  for (const line of stack.split('\n')) {
    const frame = line.trim();
    if (!frame.startsWith('at ')) continue;
    // "at name (file:line:column)", or "at file:line:column" at the top of a module.
    const inside = frame.endsWith(')')
      ? frame.slice(frame.lastIndexOf(' (') + 2, -1)
      : frame.slice('at '.length).replace(/^async /, '');
    const parts = /^(.+):(\d+):(\d+)$/.exec(inside);
    const file = parts?.[1];
    if (file === undefined || file.startsWith('node:') || ours(file)) continue;
    return { file: pathOf(file), line: Number(parts?.[2]), column: Number(parts?.[3]) };
  }
  return null;
}

function ours(file: string): boolean {
  return file.includes('/node_modules/') || OWN.some((own) => file.startsWith(own) || file.startsWith(pathOf(own)));
}

/** A file URL as a path, without its query. */
function pathOf(file: string): string {
  if (!file.startsWith('file://')) return file;
  const url = new URL(file);
  return decodeURIComponent(url.pathname);
}
