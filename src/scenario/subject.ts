// A feature under test: its opcodes, how a replica applies them, its RPCs and the facts its gates may use. Everything
// the simulator and the search know of a feature comes from here, so a designer can bring a feature of their own.
import type { Answer, Atom, SelfView } from '../gate/atom.ts';
import type { Build, BuildOptions } from './build.ts';
import type { CallOptions, Plan } from './plan.ts';
import type { ProgramFactory } from './program.ts';

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
