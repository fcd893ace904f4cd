// What a gate means, rendered from the gate itself. Help that is written by hand drifts: a flag's text promised for
// months what its gate no longer asked.
import type { Atom, Members } from './atom.ts';
import { atomsOf } from './formula.ts';
import type { Formula } from './formula.ts';
import { GATE_POINT_SAYS } from './gate-point.ts';
import { minimise } from './minimise.ts';
import { textOf } from './text.ts';
import { MAX_TABLE_ATOMS, isMonotone, openRows, truthTable } from './truth-table.ts';

/** A table of more rows than this is counted, not printed. */
const MAX_PRINTED_ATOMS = 5;

/** What a gate point asks, as one phrase; an RPC asks before it proposes. */
export function gatePointSays(at: string): string {
  const says: Readonly<Record<string, string | undefined>> = GATE_POINT_SAYS;
  return says[at] ?? `before ${at} proposes an entry`;
}

/** Who can see an atom and what it asks, as one sentence. */
export function atomSays(atom: Atom): string {
  switch (atom.seenBy) {
    case 'self':
      return 'the node knows it by itself: its flags, its binary or its side files';
    case 'log':
      return "read in the node's own replica of the group";
    case 'ghost':
      return 'nobody can see it: the simulator alone, for properties';
    case 'asking': {
      const { fresh, onSilence } = atom.options;
      const age = fresh === undefined ? 'asked at that moment' : `an answer up to ${fresh} old will do`;
      const silence = onSilence === 'lastAnswer' ? 'silence: its last answer counts, of any age' : 'silence refuses';
      return `asks ${atom.rpc} of ${membersSay(atom.who)}; ${age}; ${silence}`;
    }
  }
}

/** Whom an asking atom asks, in words. */
export function membersSay(who: Members): string {
  if (typeof who === 'object') return `${WHO_SAYS[who.who]} of ${who.of}`;
  return who === 'votersAndLearnersOfEveryGroup'
    ? 'every voter and learner of every group of this process'
    : WHO_SAYS[who];
}

const WHO_SAYS = {
  voters: 'every voter',
  learners: 'every learner',
  votersAndLearners: 'every voter and learner',
  quorumOfVoters: 'a majority of the voters',
  joiner: 'the node that joins',
} as const;

/** The help of one gate: its formula, when it is asked, who can see what, and where it opens. */
export function explainGate(formula: Formula, at: string, atoms: Readonly<Record<string, Atom>>): string {
  const names = atomsOf(formula);
  const lines = [field('gate', textOf(formula)), field('asked', gatePointSays(at))];
  for (const [i, name] of names.entries()) {
    const atom = atoms[name];
    lines.push(field(i === 0 ? 'atoms' : '', `${name}: ${atom === undefined ? 'unknown' : atomSays(atom)}`));
  }
  if (names.length === 0) return lines.join('\n');
  if (names.length <= MAX_TABLE_ATOMS) lines.push(...tableLines(formula, names));
  return lines.join('\n');
}

function tableLines(formula: Formula, names: readonly string[]): string[] {
  const table = truthTable(formula, names);
  const lines = [
    field('opens', `in ${openRows(table)} of ${table.rows.length} situations`),
    field('monotone', isMonotone(table) ? 'yes: no atom that becomes true closes it' : 'no: an atom may close it'),
  ];
  if (names.length > MAX_PRINTED_ATOMS) return lines;
  const shortest = textOf(minimise(formula));
  if (shortest !== textOf(formula)) lines.push(field('shortest', shortest));
  lines.push(field('', [...names, 'gate'].join('  ')));
  table.rows.forEach((value, row) => {
    const cells = names.map((name, i) => (((row >>> i) & 1) === 1 ? 'yes' : '-').padEnd(name.length));
    lines.push(field('', [...cells, value === 1 ? 'open' : 'closed'].join('  ')));
  });
  return lines;
}

function field(name: string, value: string): string {
  return ` ${name.padEnd(10)} ${value}`.trimEnd();
}
