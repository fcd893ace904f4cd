// What one binary of a feature can do and which flags it runs with. Builds are separate from atoms on purpose: a path
// that is set does not mean that an applier is there.
import type { GuardPredicate } from 'xstate';
import type { Formula } from '../gate/formula.ts';
import type { closed, open } from '../gate/formula.ts';
import type { GatePoint } from '../gate/gate-point.ts';
import type { SubjectDefinition } from './subject.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape XState gives its guard functions
export type Gate<A extends string> = A | GuardPredicate<any, any, any, { type: A; params: any }>;

/** What happens to the process when one of its groups halts. */
export type HaltScope = 'group' | 'process';

export interface BuildOptions<Op extends string, A extends string, Rpc extends string> {
  readonly applies: readonly Op[];
  /** RPCs this binary serves; by default those that only answer and those whose opcode is in `applies`. */
  readonly serves?: readonly Rpc[];
  readonly maxVersion?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly gates?: Partial<Record<GatePoint | Rpc, Gate<A> | typeof open | typeof closed>>;
  /** Default 'group': the group stops and the process stays up, its other groups with it. */
  readonly onHalt?: HaltScope;
  /** Names the stage of a built-in subject, from which its program takes everything else. */
  readonly stage?: string;
}

/** A build as data. Two builds of one name in a scenario have to be the same build. */
export interface Build {
  readonly name: string;
  readonly subject: SubjectDefinition;
  readonly applies: readonly string[];
  readonly serves: readonly string[];
  readonly maxVersion: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** By gate point or RPC; absent means open. */
  readonly gates: Readonly<Record<string, Formula>>;
  readonly onHalt: HaltScope;
  readonly stage: string | null;
}
