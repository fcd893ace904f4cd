// Blame and repair in words. They are the search's data; a reviewer reads them as the line to change.
import { textOf } from '../gate/text.ts';
import type { Blame } from '../scenario/scenario.ts';
import type { Culprit, EssentialStep, Explanation, Repair, Suspect } from '../search/index.ts';

/** One blame in a few words. */
export function blameText(blame: Blame): string {
  if (typeof blame === 'string') return blame;
  if ('atom' in blame) return `${blame.atom} is missing${blame.at === undefined ? '' : ` at "${blame.at}"`}`;
  return `no gate at "${blame.gatePoint}"${blame.build === undefined ? '' : ` of ${blame.build}`}`;
}

/** A blame that may need several changes at once. */
export function blamesText(blame: Blame | readonly Blame[]): string {
  return [blame]
    .flat()
    .map((one) => blameText(one as Blame))
    .join(', and ');
}

/** What is missing at a point, in a word or two. */
function lackText(blame: Blame): string {
  if (typeof blame === 'string') return blame;
  return 'atom' in blame ? blame.atom : 'a gate';
}

function placeText({ builds, at }: Suspect): string {
  return `"${at}" of ${builds.map((build) => build.name).join(' and ')}`;
}

/** `a`, `a or b`, `a, b or c`. */
function either(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}

/** What a point lacks: alternatives that are to the point, and others that were false as well. */
interface Lacks {
  readonly direct: Set<string>;
  readonly others: Set<string>;
  readonly says: (lacks: string) => string;
}

/** Everything that would have prevented it: a sentence for each point of a build and each gate that would have held there. */
export function blameSentences(culprits: readonly Culprit[]): string[] {
  const points = new Map<string, Lacks>();
  const lacksAt = (key: string, says: Lacks['says']): Lacks => {
    const known = points.get(key) ?? { direct: new Set(), others: new Set(), says };
    points.set(key, known);
    return known;
  };
  for (const { blame, suspect, beside, to, proved, direct } of culprits) {
    if (blame === 'no admission gate') {
      lacksAt(blame, () => `${blame} would have held`);
      continue;
    }
    const gate = to === null ? '' : `; it holds with: ${textOf(to)}`;
    const doubt = proved ? '' : ' (not searched to the end)';
    const place = `${beside === undefined ? '' : `${placeText(beside)} lacks a gate, and `}${placeText(suspect)}`;
    const lacks = lacksAt(place + gate, (what) => `${place} lacks ${what}${gate}${doubt}`);
    const facts = ([blame].flat() as Blame[]).slice(beside?.builds.length ?? 0);
    (direct ? lacks.direct : lacks.others).add(facts.map(lackText).join(' and '));
  }
  return [...points.values()].map(({ direct, others, says }) => {
    const atoms = [...others].filter((name) => name !== 'a gate');
    if (direct.size === 0) return says(either(atoms.length > 0 ? atoms : [...others]));
    return says(`${either([...direct])}${atoms.length > 0 ? ` (false as well: ${atoms.join(', ')})` : ''}`);
  });
}

/** A repair, and what each of its parts is worth. */
export function repairSentences({ changes, verified, without }: Repair): string[] {
  const told = changes.map(({ build, at, from, to }) => `${build} "${at}": ${from} -> ${to}`).join('; and ');
  const needed = without
    .filter((one) => one.steps !== null)
    .map(({ part, steps }) => `${part} (${steps} steps without)`);
  const parts = needed.length === 0 ? [] : [`each needed: ${needed.join(', ')}`];
  return [`${told}${verified ? '; holds within the bound' : '; not searched to the end'}`, ...parts];
}

/**
 * From when on nothing could have been done. It is said by what happened, not by a number: the run that is told may have it at
 * another place, on another node.
 */
export function noReturnSentences({ pointOfNoReturn, witness }: Explanation): string[] {
  const step = witness.steps.find((one) => one.n === pointOfNoReturn);
  return step === undefined ? [] : [`${pointText(step, witness.steps)}: from then on no schedule avoids it`];
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'];

function pointText(step: EssentialStep, steps: readonly EssentialStep[]): string {
  const { kind, entry, build, text } = step;
  switch (kind) {
    case 'admit':
      return `the admission of ${entry}`;
    case 'append': {
      // Whoever admitted it was the first to have it.
      const holders = steps.filter((one) => one.n <= step.n && (one.kind === 'append' || one.kind === 'admit'));
      const count = holders.filter((one) => one.entry === entry && one.group === step.group).length;
      return `the append of ${entry} to a ${ORDINALS[count - 1] ?? `${count}th`} replica`;
    }
    case 'commit':
    case 'apply':
      return `the ${kind} of ${entry}`;
    case 'upgrade':
      return `the upgrade to ${build}`;
    case 'rollBack':
      return `the roll-back to ${build}`;
    default:
      return text;
  }
}

/** Facts that were true and did not help. */
export function notItSentences({ notIt }: Explanation): string[] {
  return notIt.length === 0 ? [] : [`${notIt.join(', ')}: true when the entry was admitted, and no help`];
}
