// The answers of `gate diff` and `gate mutate`, for people and as data.
import type { ChangedSituation, GateDiff, Mutant, MutationResult } from '../search/index.ts';
import type { Case } from './case.ts';
import { columns, count, labelled } from './layout.ts';

/** A situation by the facts that hold in it. */
function situationText({ atoms }: ChangedSituation): string {
  const names = Object.keys(atoms);
  const held = names.filter((name) => atoms[name] === true);
  const absent = names.filter((name) => atoms[name] !== true).map((name) => `not ${name}`);
  return [...held, ...absent].join(', ');
}

function changeText(change: ChangedSituation): string {
  const how = change.now === 'closed' ? 'closes' : change.safe ? 'opens, safely' : 'opens, UNSAFE';
  const witness = change.witness;
  const shown = witness === null ? '' : `: ${witness.property} is violated in ${count(witness.steps.length, 'step')}`;
  return `${how} where ${situationText(change)}${shown}`;
}

/** How two gates differ, in lines. */
export function diffLines(diff: GateDiff, before: string, after: string): string[] {
  const tried = `${count(diff.situations, 'situation')}, ${count(diff.states, 'state')}, ${diff.complete ? 'complete' : `not complete: ${diff.why ?? ''}`}`;
  return [
    ...labelled('before', `${before}   (${diff.before})`),
    ...labelled('after', `${after}   (${diff.after})`),
    ...labelled('at', diff.at),
    ...labelled('opens in', `${count(diff.opened, 'more situation')}, ${diff.unsafe} of them unsafe`),
    ...labelled('closes in', count(diff.closed, 'situation')),
    ...diff.changes.flatMap((change) => labelled('', changeText(change))),
    ...labelled('tried', tried),
  ];
}

/** How two gates differ, as data. */
export function diffRecord(scenario: string, diff: GateDiff, before: string, after: string) {
  const changes = diff.changes.map(({ atoms, now, safe, steps, witness }) => ({
    atoms,
    now,
    safe,
    steps,
    property: witness?.property ?? null,
  }));
  return { kind: 'gateDiff', scenario, ...diff, from: before, to: after, changes } as const;
}

/** One mutant, as data. */
export function mutantRecord(scenario: string, { witness, ...mutant }: Mutant) {
  return { kind: 'mutant', scenario, ...mutant, code: witness?.code ?? null } as const;
}

/** What became of a mutant; a kill that no run shows is said to be none. */
function outcomeText({ outcome, shown }: Mutant): string {
  return shown === 'in the model only' ? 'killed (in the model only)' : outcome;
}

function having(mutants: readonly Mutant[], ...outcomes: readonly Mutant['outcome'][]): number {
  return mutants.filter(({ outcome }) => outcomes.includes(outcome)).length;
}

function percent(n: number, of: number): number {
  return of === 0 ? 100 : Math.floor((100 * n) / of);
}

/**
 * Whether enough mutants are killed, as a case comes out: `skipped` where it hangs on those that were not decided.
 * @param least percent of those that count
 */
export function killOutcome({ killed, counted, mutants }: MutationResult, least: number): Case['outcome'] {
  const open = having(mutants, 'undecided');
  if (percent(killed, counted + open) >= least) return 'passed';
  return percent(killed + open, counted + open) < least ? 'failed' : 'skipped';
}

/** What all mutants come to, in a sentence. */
export function mutationText({ killed, counted, score, mutants }: MutationResult): string {
  const claimed = mutants.filter(({ shown }) => shown === 'in the model only').length;
  const open = having(mutants, 'undecided');
  const none = open === 0 ? 'none to kill' : 'none killed';
  const told = counted === 0 ? none : `${killed} of ${counted} killed (${score} %)`;
  const claims = claimed === 0 ? '' : `, ${claimed} more in the model only`;
  const undecided = open === 0 ? '' : `; ${open} not decided`;
  return `${told}${claims}; ${having(mutants, 'equivalent', 'unneeded')} equivalent or unneeded${undecided}`;
}

/** Every mutant and what became of it, in lines. */
export function mutationLines(result: MutationResult): string[] {
  const rows = result.mutants.map((mutant) => [outcomeText(mutant), `${mutant.build} "${mutant.at}"`, mutant.operator]);
  const told = result.mutants.map((mutant) => `${mutant.to}; ${mutant.because}`);
  const table = columns(rows, 3).flatMap((line, i) => [line, ...labelled('', told[i] ?? '', 3, 6)]);
  return [...table, '', ...labelled('', `${mutationText(result)}; ${count(result.states, 'state')}`, 1, 1)];
}
