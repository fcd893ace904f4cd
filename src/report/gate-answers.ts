// The answers of `gate diff` and `gate mutate`, for people and as data.
import type { ChangedSituation, GateDiff, Mutant, MutationResult } from '../search/index.ts';
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

/** Every mutant and what became of it, in lines. */
export function mutationLines(result: MutationResult): string[] {
  const rows = result.mutants.map((mutant) => [outcomeText(mutant), `${mutant.build} "${mutant.at}"`, mutant.operator]);
  const told = result.mutants.map((mutant) => `${mutant.to}; ${mutant.because}`);
  const table = columns(rows, 3).flatMap((line, i) => [line, ...labelled('', told[i] ?? '', 3, 6)]);
  const { killed, counted, score, mutants } = result;
  const others = mutants.length - counted;
  const claimed = mutants.filter(({ shown }) => shown === 'in the model only').length;
  const claims = claimed === 0 ? '' : `, ${claimed} more in the model only`;
  const states = count(result.states, 'state');
  return [
    ...table,
    '',
    ...labelled(
      '',
      `${killed} of ${counted} killed (${score} %)${claims}; ${others} equivalent or unneeded; ${states}`,
      1,
      1,
    ),
  ];
}
