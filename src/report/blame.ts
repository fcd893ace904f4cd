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

function buildsText({ builds }: Suspect): string {
  return builds.map((build) => build.name).join(' and ');
}

function placeText(suspect: Suspect): string {
  return `"${suspect.at}" of ${buildsText(suspect)}`;
}

/** `a`, `a or b`, `a, b or c`. */
function either(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}

/** What points of a build lack: alternatives that are to the point, and others that were false as well. */
interface Lacks {
  /** `"wire"`; several where shutting any of them helps as much. */
  readonly points: string[];
  /** What has to be shut besides, in words; empty where nothing has. */
  readonly beside: string;
  readonly builds: string;
  /** The gate that would have held there, null where none would, and whether that was searched to the end. */
  readonly gate: string | null;
  readonly proved: boolean;
  readonly direct: Set<string>;
  readonly others: Set<string>;
}

/** The culprits by point and by the gate that would have held there, as they come. */
function byPoint(culprits: readonly Culprit[]): readonly Lacks[] {
  const found = new Map<string, Lacks>();
  for (const { blame, suspect, beside, to, proved, direct } of culprits) {
    if (blame === 'no admission gate') continue;
    const lacks: Lacks = {
      points: [`"${suspect.at}"`],
      beside: beside === undefined ? '' : `${placeText(beside)} lacks a gate, and `,
      builds: buildsText(suspect),
      gate: to === null ? null : textOf(to),
      proved,
      direct: new Set(),
      others: new Set(),
    };
    const key = [lacks.beside, lacks.points, lacks.builds, lacks.gate].join(' ');
    const known = found.get(key) ?? lacks;
    found.set(key, known);
    const facts = ([blame].flat() as Blame[]).slice(beside?.builds.length ?? 0);
    (direct ? known.direct : known.others).add(facts.map(lackText).join(' and '));
  }
  return [...found.values()];
}

/** Whether two points of one build lack the same and would hold with the same gate: then they are told together. */
function alike(a: Lacks, b: Lacks): boolean {
  const facts = ({ direct, others }: Lacks): string => [...(direct.size > 0 ? direct : others)].join();
  const rest = ({ beside, builds, gate, proved }: Lacks): string => JSON.stringify([beside, builds, gate, proved]);
  return facts(a) === facts(b) && rest(a) === rest(b);
}

/** The facts that a point lacks. */
function factsText({ direct, others }: Lacks): string {
  const atoms = [...others].filter((name) => name !== 'a gate');
  if (direct.size === 0) return either(atoms.length > 0 ? atoms : [...others]);
  return `${either([...direct])}${atoms.length > 0 ? ` (false as well: ${atoms.join(', ')})` : ''}`;
}

/** Which of one, two or more points. */
const WHICH = ['it', 'either'] as const;

function lacksText(lacks: Lacks): string {
  const { points, beside, builds, gate, proved } = lacks;
  const holds = gate === null ? '' : `; ${WHICH[points.length - 1] ?? 'any'} holds with: ${gate}`;
  const doubt = proved ? '' : ' (not searched to the end)';
  return `${beside}${either(points)} of ${builds} lacks ${factsText(lacks)}${holds}${doubt}`;
}

/** Points that would have to be shut for good, and the facts that would have done so, in one sentence. */
function asideSentences(culprits: readonly Culprit[]): string[] {
  const places = byPoint(culprits).map((lacks) => {
    const facts = [...lacks.direct, ...lacks.others].filter((name) => name !== 'a gate');
    return `${either(lacks.points)} of ${lacks.builds}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
  });
  return places.length === 0 ? [] : [`holds as well if shut for good: ${places.join('; ')}`];
}

/**
 * Everything that would have prevented it: a sentence for each gate that would have held and the points of a build at which it
 * would, and one for all that are beside the point.
 */
export function blameSentences(culprits: readonly Culprit[]): string[] {
  const told: Lacks[] = [];
  for (const lacks of byPoint(culprits.filter(({ aside }) => aside === undefined))) {
    const twin = told.find((one) => alike(one, lacks));
    if (twin === undefined) told.push(lacks);
    else {
      twin.points.push(...lacks.points);
      lacks.others.forEach((fact) => twin.others.add(fact));
    }
  }
  const none = culprits.some(({ blame }) => blame === 'no admission gate');
  const aside = asideSentences(culprits.filter((culprit) => culprit.aside === true));
  return [...(none ? ['no admission gate would have held'] : []), ...told.map(lacksText), ...aside];
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
