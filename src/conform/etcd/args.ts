// Typed access to the arguments of a directive. What ends the reference's test outright (an argument that is no number, a
// missing option) is bad input here, with its place; what the reference answers with an error text or a run-time panic is
// returned or thrown as such, because scripts may expect it.
import { InputError } from '../../base/errors.ts';
import type { Argument, Directive } from './script.ts';
import type { ScriptIds } from './script-ids.ts';
import { badDirective } from './script.ts';
import type { Parsed } from './go-values.ts';
import { parseBool, parseInteger, parseUint } from './go-values.ts';

/** What stops the reference at run time without being a panic of the core, an index out of range for example. */
export class HarnessPanic extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HarnessPanic';
  }
}

/** The element at an index, or Go's run-time panic. */
export function at<T>(items: readonly T[], index: number): T {
  if (index < 0 || index >= items.length) {
    throw new HarnessPanic(
      `runtime error: index out of range [${index}]${index < 0 ? '' : ` with length ${items.length}`}`,
    );
  }
  return items[index] as T;
}

function must<T>(d: Directive, parsed: Parsed<T>): T {
  if (!parsed.ok) throw badDirective(d, parsed.error);
  return parsed.value;
}

/** The entry of a table by a name from a script; names every object inherits are not entries. */
export function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The key of an argument by position. @throws InputError if there is none */
export function keyAt(d: Directive, position: number): string {
  const arg = d.args[position];
  if (arg === undefined) throw badDirective(d, `argument ${position + 1} is missing`);
  return arg.key;
}

/** A number of a double's precision: what would have to be rounded is refused. */
function exactOf(d: Directive, what: string, text: string): number {
  const value = integerOf(d, text);
  if (!Number.isSafeInteger(value)) throw badDirective(d, `${what} ${text} is beyond 2^53 - 1`);
  return value;
}

/** The first argument as a number of nodes, or of one of them. */
export function firstNumber(d: Directive): number {
  return exactOf(d, 'node', keyAt(d, 0));
}

/** Index of the node the first argument names. */
export function firstNodeIndex(d: Directive): number {
  return firstNumber(d) - 1;
}

/** Indexes of all nodes named by arguments without a value. */
export function nodeIndexes(d: Directive): number[] {
  return d.args.filter((a) => a.values.length === 0).map((a) => exactOf(d, 'node', a.key) - 1);
}

/** The one value of an option. @throws InputError if the option is missing or a list */
export function option(d: Directive, key: string): string {
  const arg = d.args.find((a) => a.key === key);
  if (arg === undefined) throw badDirective(d, `missing argument: ${key}`);
  const value = arg.values[0];
  if (value === undefined || arg.values.length > 1) throw badDirective(d, `argument ${key} needs one value`);
  return value;
}

/** A size or a count: what is beyond 2^53 limits nothing, so its nearest double will do. @throws InputError */
export function sizeOf(d: Directive, text: string): number {
  return Number(must(d, parseUint(text)));
}

/** An index of a log. @throws InputError, also for one that no double holds: the core would take it for another */
export function indexOf(d: Directive, text: string): number {
  const index = Number(must(d, parseUint(text)));
  if (!Number.isSafeInteger(index)) throw badDirective(d, `index ${text} is beyond 2^53 - 1`);
  return index;
}

/** The id of a node, as it is inside. @throws InputError */
export function idOf(ids: ScriptIds, d: Directive, text: string): number {
  return must(d, ids.parse(text));
}

/** The id of a node where the reference reads a signed integer. @throws InputError */
export function signedIdOf(ids: ScriptIds, d: Directive, text: string): number {
  return ids.inside(BigInt.asUintN(64, must(d, parseInteger(text))));
}

/** A signed integer of the given text. @throws InputError */
export function integerOf(d: Directive, text: string): number {
  return Number(must(d, parseInteger(text)));
}

/** A truth value of the given text. @throws InputError */
export function boolOf(d: Directive, text: string): boolean {
  return must(d, parseBool(text));
}

/** Every (key, value) pair of the arguments from a position on, in order. */
export function pairs(args: readonly Argument[], from = 0): { key: string; value: string }[] {
  return args.slice(from).flatMap((a) => a.values.map((value) => ({ key: a.key, value })));
}

/** UTF-8 bytes of an argument. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Whether an error is bad input rather than a finding. */
export function isInputError(e: unknown): e is InputError {
  return e instanceof InputError;
}
