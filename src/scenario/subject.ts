// A feature under test: its opcodes, how a replica applies them, its RPCs and the facts its gates may use. Everything
// the simulator and the search know of a feature comes from here, so a designer can bring a feature of their own.
import type { Answer, Atom, SelfView } from '../gate/atom.ts';
import { createBuild } from './build.ts';
import type { Build, BuildOptions } from './build.ts';
import { inputError, placed } from './place.ts';
import type { CallOptions, Plan } from './plan.ts';
import type { ProgramFactory } from './program.ts';
import { unknownName } from './suggest.ts';
import { checkSubject } from './validate-subject.ts';
import { wantFields, wantName, wantOptions, wantTexts } from './wants.ts';
import type { MakeWatch } from './watch.ts';

/** An entry that a replica cannot apply: the group stops there, and again after each restart. */
export interface Halt {
  readonly halt: string;
}

/** A committed entry as `apply` sees it. */
export interface Entry<Op extends string> {
  readonly op: Op;
  readonly index: number;
  readonly term: number;
  readonly args: Readonly<Record<string, string>>;
}

/** An RPC proposes an entry, or answers from what its process knows; one that does both answers when it is applied. */
export interface RpcDefinition<Op extends string> {
  readonly proposes?: Op;
  readonly answers?: (me: SelfView) => Answer;
}

/** What a feature is made of, with names erased to strings: the form in which other layers hold it. */
export interface SubjectDefinition {
  readonly name: string;
  readonly opcodes: Readonly<Record<string, number>>;
  readonly initial: () => unknown;
  readonly durable: readonly string[];
  readonly apply: (state: unknown, entry: Entry<string>, me: SelfView) => unknown;
  readonly atoms: Readonly<Record<string, Atom>>;
  readonly rpcs: Readonly<Record<string, RpcDefinition<string>>>;
  /** A byte-exact implementation of the feature; absent for features given by `apply` alone. */
  readonly program: ProgramFactory | null;
  /** Properties the feature brings, by name; a scenario asks for one with `builtin(name)`. */
  readonly properties: Readonly<Record<string, MakeWatch>>;
}

export interface Subject<Op extends string, A extends string, Rpc extends string, S> {
  readonly definition: SubjectDefinition;
  build(name: string, options: BuildOptions<Op, A, Rpc>): Build;
  call(rpc: Rpc, options?: CallOptions): Plan;
  /** Placeholders: XState checks the names, the simulator supplies the facts. */
  readonly guards: Record<A, () => boolean>;
  readonly _atoms?: A;
  readonly _state?: S;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- inference site: any subject will do
export type AtomsOf<T> = T extends Subject<any, infer A, any, any> ? A : never;

/** A feature as a designer writes it; `defineSubject` checks it. */
export interface SubjectOptions<Op extends string, A extends string, Rpc extends string, S> {
  readonly name: string;
  /** First byte of an entry, 0–255, by opcode name. */
  readonly opcodes: Record<Op, number>;
  readonly initial: () => S;
  /** Fields of the state that apply also keeps in the node's side files. */
  readonly durable?: readonly (keyof S)[];
  /** Pure and total: the next state, or why this replica cannot go on. */
  readonly apply: (state: S, entry: Entry<NoInfer<Op>>, me: SelfView) => S | Halt;
  readonly atoms: Record<A, Atom>;
  readonly rpcs: Record<
    Rpc,
    { readonly proposes?: NoInfer<Op>; readonly answers?: (me: SelfView) => Record<string, unknown> }
  >;
}

/**
 * Defines a feature.
 * @throws InputError SCN002, SCN006, SCN009, SCN010
 */
export function defineSubject<const Op extends string, const A extends string, const Rpc extends string, S>(
  options: SubjectOptions<Op, A, Rpc, S>,
): Subject<Op, A, Rpc, S> {
  return subjectOf(options, null);
}

/** As `defineSubject`, with a byte-exact implementation behind the face that `apply` gives. */
export function subjectOf<const Op extends string, const A extends string, const Rpc extends string, S>(
  options: SubjectOptions<Op, A, Rpc, S>,
  program: ProgramFactory | null,
  properties: Readonly<Record<string, MakeWatch>> = {},
): Subject<Op, A, Rpc, S> {
  wantFields('subject', options, ['name', 'opcodes', 'initial', 'durable', 'apply', 'atoms', 'rpcs']);
  wantName('subject.name', options.name);
  const definition: SubjectDefinition = placed({
    name: options.name,
    opcodes: { ...options.opcodes },
    initial: options.initial,
    durable: (options.durable ?? []).map(String),
    apply: options.apply as SubjectDefinition['apply'],
    atoms: { ...options.atoms },
    rpcs: { ...options.rpcs },
    program,
    properties,
  });
  checkSubject(definition);
  const names = Object.keys(options.atoms) as A[];
  return {
    definition,
    build: (name, build) => createBuild(definition, name, build),
    call: (rpc, call) => callOf(definition, rpc, call ?? {}),
    guards: Object.fromEntries(names.map((name) => [name, () => true])) as Record<A, () => boolean>,
  };
}

function callOf(subject: SubjectDefinition, rpc: string, options: CallOptions): Plan {
  if (subject.rpcs[rpc] === undefined) {
    throw inputError('SCN006', `call: ${unknownName('RPC', rpc, Object.keys(subject.rpcs))}`);
  }
  wantOptions('call', options, ['to', 'args']);
  wantTexts('call.args', options.args ?? {});
  return placed({ plan: 'call', rpc, to: options.to ?? null, args: { ...options.args } });
}
