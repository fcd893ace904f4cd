// The answer to "which gate is the weakest that holds?", for people and as data. "Weakest" never stands without its
// atoms, its gate point and its bound, nor "none" without what defeats every gate.
import type { Shown, WeakestResult } from '../search/index.ts';
import { labelled, count } from './layout.ts';
import { fleetsText } from './unseen.ts';

/** A gate that refuses less than the answer, and what it lets happen. */
export interface WeakerGate {
  readonly gate: string;
  readonly property: string;
  readonly steps: number;
  /** A command line; null where no run shows it. */
  readonly replay: string | null;
  readonly shown: Shown;
}

/** What is reported of the search's answer as it is. */
type AsAnswered =
  | 'scenario'
  | 'at'
  | 'atoms'
  | 'gate'
  | 'candidates'
  | 'states'
  | 'complete'
  | 'stricter'
  | 'indistinct'
  | 'unseen'
  | 'defeatedBy'
  | 'instead'
  | 'alternatives';

/** The answer to a weakest-gate question. */
export interface WeakestAnswer extends Pick<WeakestResult, AsAnswered> {
  /** In words. */
  readonly bound: string;
  readonly weaker: readonly WeakerGate[];
}

/** The answer as the closing record of `gate weakest`. */
export function weakestRecord(
  answer: WeakestAnswer,
): { readonly kind: 'weakest'; readonly scenario: string } & Readonly<Record<string, unknown>> {
  const { scenario, at, atoms, gate, candidates, states, complete, weaker, alternatives } = answer;
  const { defeatedBy, instead, indistinct, unseen } = answer;
  const asked = { kind: 'weakest', scenario, at, atoms } as const;
  const searched = { candidates, states, complete };
  return gate === null
    ? { ...asked, gate, defeatedBy, instead, ...searched, weaker, indistinct, unseen }
    : { ...asked, gate, ...searched, weaker, alternatives, indistinct, unseen };
}

function section(label: string, sentences: readonly string[]): string[] {
  return sentences.flatMap((sentence, i) => labelled(i === 0 ? label : '', sentence, 3, 25));
}

/** A gate and its witness; the command is never broken. */
function weakerLines({ gate, property, steps, replay, shown }: WeakerGate, i: number): string[] {
  const doubt = shown === 'in the model only' ? ' (in the model only)' : '';
  const text = `${gate}: violates ${property} in ${count(steps, 'step')}${doubt}`;
  const told = labelled(i === 0 ? 'one step weaker' : '', text, 3, 25);
  return replay === null ? told : [...told, `     ${replay}`];
}

/** The answer in lines. */
export function weakestLines(answer: WeakestAnswer): string[] {
  const { gate, at, atoms, bound, complete, candidates, states } = answer;
  const tried = `${bound}; ${complete ? 'complete' : 'not complete'}; ${count(candidates, 'candidate')}, ${count(states, 'state')}`;
  const defeat = answer.defeatedBy === null ? '' : `; defeated by ${answer.defeatedBy}`;
  const head =
    gate === null
      ? section('no safe gate', [`at ${at} under this plan: only "never" holds${defeat}`])
      : section('weakest safe gate', [`${gate}   (at ${at})`]);
  return [
    ...head,
    ...section('equally weak', answer.alternatives),
    ...section('over atoms', [atoms.join(', ')]),
    ...section('bound', [tried]),
    ...answer.weaker.flatMap(weakerLines),
    ...section(
      'stricter than needed',
      answer.stricter.map((one) => `${one.gate}: ${one.note}`),
    ),
    ...section('cannot tell apart', answer.indistinct),
    ...section('never ran', fleetsText(answer.unseen)),
    ...section('instead', answer.instead),
  ];
}
