// Whether a feature is whole: opcodes are bytes, RPCs propose or answer, atoms are facts somebody can see. A feature that
// is not would be found out in the middle of a run, or never: an atom that asks nobody is always true.
import type { Atom } from '../gate/atom.ts';
import { closed, open } from '../gate/formula.ts';
import { GATE_POINTS } from '../gate/gate-point.ts';
import { deepFreeze } from './canonical.ts';
import { durationMs } from './duration.ts';
import { inputError } from './place.ts';
import type { SubjectDefinition } from './subject.ts';
import { unknownName } from './suggest.ts';
import { got, wantFunction, wantName, wantOptions, wantWord } from './wants.ts';

const SEEN_BY: readonly string[] = ['self', 'asking', 'log', 'ghost'];
const CIRCLES_OF_A_GROUP = ['voters', 'learners', 'votersAndLearners', 'quorumOfVoters', 'joiner'];
const CIRCLES = [...CIRCLES_OF_A_GROUP, 'votersAndLearnersOfEveryGroup'];

/**
 * Checks a feature where it is defined.
 * @throws InputError SCN002, SCN005, SCN006, SCN009, SCN010
 */
export function checkSubject(d: SubjectDefinition): void {
  wantFunction('subject.initial', d.initial);
  wantFunction('subject.apply', d.apply);
  checkOpcodes(d);
  checkRpcs(d);
  checkAtoms(d);
  const initial = deepFreeze(d.initial(), 'subject.initial');
  for (const [i, field] of d.durable.entries()) {
    if (typeof initial === 'object' && initial !== null && field in initial) continue;
    const fields = Object.keys((initial ?? {}) as object);
    throw inputError('SCN009', `subject.durable[${i}]: ${unknownName('field of the initial state', field, fields)}`);
  }
}

function checkOpcodes(d: SubjectDefinition): void {
  const byByte = new Map<number, string>();
  for (const op of Object.keys(d.opcodes)) {
    const byte = d.opcodes[op]!;
    if (!Number.isInteger(byte) || byte < 0 || byte > 255) {
      throw inputError('SCN009', `subject.opcodes.${op}: an opcode is one byte, 0x00 to 0xff, got ${byte}`);
    }
    const other = byByte.get(byte);
    if (other !== undefined) throw inputError('SCN002', `subject.opcodes.${op}: has the same byte as "${other}"`);
    byByte.set(byte, op);
  }
}

function checkRpcs(d: SubjectDefinition): void {
  const ops = Object.keys(d.opcodes);
  for (const rpc of Object.keys(d.rpcs)) {
    const path = `subject.rpcs.${rpc}`;
    const { proposes, answers } = wantOptions(path, d.rpcs[rpc]!, ['proposes', 'answers']);
    if (answers !== undefined) wantFunction(`${path}.answers`, answers);
    if ((GATE_POINTS as readonly string[]).includes(rpc)) {
      throw inputError('SCN002', `${path}: "${rpc}" is a gate point; an RPC needs another name`);
    }
    if (proposes === undefined && answers === undefined) {
      throw inputError('SCN009', `${path}: an RPC proposes an opcode or answers`);
    }
    if (proposes !== undefined && !ops.includes(proposes)) {
      throw inputError('SCN010', `${path}.proposes: ${unknownName('opcode', proposes, ops)}`);
    }
  }
}

function checkAtoms(d: SubjectDefinition): void {
  const answering = Object.keys(d.rpcs).filter((rpc) => d.rpcs[rpc]?.answers !== undefined);
  for (const name of Object.keys(d.atoms)) {
    const path = `subject.atoms.${name}`;
    const atom = d.atoms[name]!;
    if (name === open || name === closed) {
      throw inputError('SCN002', `${path}: "${name}" is a reserved word of gates; no atom may bear it`);
    }
    checkAtom(atom, path);
    if (atom.seenBy === 'asking' && !answering.includes(atom.rpc)) {
      throw inputError('SCN006', `${path}: ${unknownName('RPC that answers', atom.rpc, answering)}`);
    }
  }
}

function checkAtom(atom: Atom, path: string): void {
  if (typeof atom !== 'object' || !SEEN_BY.includes(atom?.seenBy)) {
    throw inputError('SCN009', `${path}: wants self(…), every(…), log(…) or ghost(…), got ${got(atom)}`);
  }
  wantFunction(path, atom.holds);
  if (atom.seenBy !== 'asking') return;
  const { who, options } = atom;
  if (typeof who !== 'object') wantWord(`${path}.who`, 'circle of members', who, CIRCLES);
  else {
    wantName(`${path}.who.of`, wantOptions(`${path}.who`, who, ['of', 'who']).of);
    wantWord(`${path}.who.who`, 'circle of members', who.who, CIRCLES_OF_A_GROUP);
  }
  wantOptions(path, options, ['fresh', 'onSilence']);
  if (options.fresh !== undefined) durationMs(options.fresh, `${path}.fresh`);
  if (options.onSilence !== undefined) {
    wantWord(`${path}.onSilence`, 'answer to silence', options.onSilence, ['refuse', 'lastAnswer']);
  }
}
