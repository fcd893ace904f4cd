// What one binary of a feature can do and which flags it runs with. Builds are separate from atoms on purpose: a path
// that is set does not mean that an applier is there. Whatever a build names has to exist in its subject: a gate on a
// misspelt atom would be one that never opens, and a misspelt gate point one that is never asked.
import type { GuardPredicate } from 'xstate';
import { InputError } from '../base/errors.ts';
import { atomsOf, formulaOf } from '../gate/formula.ts';
import type { Formula, closed, open } from '../gate/formula.ts';
import { GATE_POINTS } from '../gate/gate-point.ts';
import type { GatePoint } from '../gate/gate-point.ts';
import { canonicalJson } from './canonical.ts';
import { inputError, placed } from './place.ts';
import type { SubjectDefinition } from './subject.ts';
import { firstDuplicate, unknownName } from './suggest.ts';
import { got, wantFields, wantName, wantNames, wantWord } from './wants.ts';

/** A gate as a designer writes it: an atom's name, or XState's `and` / `or` / `not` of gates. */
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

const OPTIONS = ['applies', 'serves', 'maxVersion', 'config', 'gates', 'onHalt', 'stage'];

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

/**
 * A checked build of a subject.
 * @throws InputError SCN002, SCN005, SCN006, SCN009, SCN010
 */
export function createBuild<Op extends string, A extends string, Rpc extends string>(
  subject: SubjectDefinition,
  name: string,
  options: BuildOptions<Op, A, Rpc>,
): Build {
  wantName('build.name', name);
  wantFields('build', options, OPTIONS);
  wantNames('build.applies', options.applies);
  if (options.serves !== undefined) wantNames('build.serves', options.serves);
  if (options.onHalt !== undefined) wantWord('build.onHalt', 'scope of a halt', options.onHalt, ['group', 'process']);
  const applies = checkedNames('build.applies', 'SCN010', 'opcode', options.applies, Object.keys(subject.opcodes));
  const rpcs = Object.keys(subject.rpcs);
  const serves = checkedNames('build.serves', 'SCN006', 'RPC', options.serves ?? defaultServes(subject, applies), rpcs);
  const maxVersion = options.maxVersion ?? 0;
  if (!Number.isSafeInteger(maxVersion)) throw inputError('SCN009', 'build.maxVersion: wants a whole number');
  return placed({
    name,
    subject,
    applies,
    serves,
    maxVersion,
    config: { ...options.config },
    gates: checkedGates(subject, options.gates ?? {}),
    onHalt: options.onHalt ?? 'group',
    stage: options.stage ?? null,
  });
}

/** The RPCs a binary serves if it does not say: those that only answer, and those whose opcode it applies. */
function defaultServes(subject: SubjectDefinition, applies: readonly string[]): string[] {
  return Object.keys(subject.rpcs).filter((rpc) => {
    const proposes = subject.rpcs[rpc]?.proposes;
    return proposes === undefined || applies.includes(proposes);
  });
}

function checkedNames(
  path: string,
  code: 'SCN006' | 'SCN010',
  what: string,
  names: readonly string[],
  known: readonly string[],
): string[] {
  for (const [i, name] of names.entries()) {
    if (!known.includes(name)) throw inputError(code, `${path}[${i}]: ${unknownName(what, name, known)}`);
  }
  const twice = firstDuplicate(names);
  if (twice !== null) throw inputError('SCN002', `${path}[${twice.at}]: "${twice.name}" is named twice`);
  return [...names];
}

function checkedGates(subject: SubjectDefinition, gates: Readonly<Record<string, unknown>>): Record<string, Formula> {
  const points = [...GATE_POINTS, ...Object.keys(subject.rpcs)];
  const checked: Record<string, Formula> = {};
  for (const point of Object.keys(gates)) {
    if (!points.includes(point)) {
      throw inputError('SCN006', `build.gates.${point}: ${unknownName('gate point or RPC', point, points)}`);
    }
    if (gates[point] === undefined) continue;
    const formula = readGate(gates[point], `build.gates.${point}`);
    checkGate(subject, formula, `build.gates.${point}`);
    checked[point] = formula;
  }
  for (const rpc of Object.keys(checked)) refuseCircle(subject, checked, [rpc]);
  return checked;
}

/** Refuses a gate whose answer waits for itself: it stands before an RPC that its own question asks. @throws InputError */
function refuseCircle(
  subject: SubjectDefinition,
  gates: Readonly<Record<string, Formula>>,
  path: readonly string[],
): void {
  for (const name of atomsOf(gates[path.at(-1)!]!)) {
    const atom = subject.atoms[name]!;
    if (atom.seenBy !== 'asking' || gates[atom.rpc] === undefined) continue;
    const asked = [...path, atom.rpc];
    if (path.includes(atom.rpc)) {
      const circle = asked.slice(path.indexOf(atom.rpc)).join(' asks ');
      throw inputError('SCN009', `build.gates.${atom.rpc}: ${circle}: it would wait for its own answer`);
    }
    refuseCircle(subject, gates, asked);
  }
}

/** A gate as a formula; an error says where it stands. @throws InputError SCN005 */
function readGate(gate: unknown, path: string): Formula {
  try {
    return formulaOf(gate);
  } catch (error) {
    if (error instanceof InputError) throw inputError(error.code, `${path}: ${error.message}`);
    throw error;
  }
}

/** Refuses a gate over atoms that do not exist or that no node can see. @throws InputError SCN005 */
export function checkGate(subject: SubjectDefinition, formula: Formula, path: string): void {
  for (const name of atomsOf(formula)) {
    const atom = subject.atoms[name];
    if (atom === undefined) {
      throw inputError('SCN005', `${path}: ${unknownName('atom', name, Object.keys(subject.atoms))}`);
    }
    if (atom.seenBy === 'ghost') {
      throw inputError(
        'SCN005',
        `${path}: "${name}" is a ghost atom; only the simulator knows it, no node could ask it`,
      );
    }
  }
}

/** @throws InputError SCN009 where the value is no build */
export function wantBuild(path: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && 'subject' in value && 'applies' in value) return;
  throw inputError('SCN009', `${path}: wants what build(…) of a subject returns, got ${got(value)}`);
}

/** Whether two builds are the same in everything but the place they were written at. */
export function sameBuild(a: Build, b: Build): boolean {
  return a === b || (a.subject === b.subject && shape(a) === shape(b));
}

function shape(build: Build): string {
  const { name, applies, serves, maxVersion, config, gates, onHalt, stage } = build;
  return canonicalJson([name, applies, serves, maxVersion, config, gates, onHalt, stage]);
}
