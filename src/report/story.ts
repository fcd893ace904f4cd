// A violation as ten lines a reviewer can read: what broke, step by step with a column per node, what halted and why,
// who is to blame, what would repair it, and the command that shows it again. Facts come in as data; the order and the
// words are here, once, for every scenario.
import { labelled, WIDTH, type Paint } from './layout.ts';
import type { Plan } from '../scenario/plan.ts';
import { planTree } from './plan-tree.ts';
import { stepsTable, type StepRow } from './steps-table.ts';
import { violationLines } from './violation-text.ts';

/** What is told about one finding. Empty lists are left out. */
export interface Story {
  readonly property: string;
  /** The violation as a sentence. */
  readonly says: string;
  /** When, in virtual ms; null where a model found it, which has no clock. */
  readonly atMs: number | null;
  /** Where the run comes from: `found by swarm, seed 1, run 1; 3 of 200 runs`, `a shrunk tape`. */
  readonly origin: string;
  readonly nodes: readonly string[];
  readonly rows: readonly StepRow[];
  /** Shown by exhaustion that no run violates this in fewer steps. */
  readonly minimal: boolean;
  /** Whether the run was made shorter than it was found. */
  readonly shrunk: boolean;
  readonly halted: readonly string[];
  readonly blast: readonly string[];
  readonly blame: readonly string[];
  readonly notIt: readonly string[];
  readonly noReturn: readonly string[];
  readonly repair: readonly string[];
  /** What the same run violates besides. */
  readonly also: readonly string[];
  /** Faults and branches that the witness run took. */
  readonly taken: readonly string[];
  /** What an exhaustive search says of the shortest story, if there was one. */
  readonly shortest: readonly string[];
  readonly replay: string;
}

function section(label: string, sentences: readonly string[]): string[] {
  return sentences.flatMap((sentence, i) => labelled(i === 0 ? label : '', sentence));
}

/** A command is never broken: a line that is copied in two parts does not run. */
function commandLines(label: string, command: string): string[] {
  const beside = `   ${label.padEnd(10)}${command}`;
  return beside.length <= WIDTH ? [beside] : [`   ${label}`, `     ${command}`];
}

/** The lines of a story, without the scenario's own heading. */
export function storyLines(story: Story, plan: Plan, paint: Paint): string[] {
  const length = story.rows.length === 1 ? 'one step' : `${story.rows.length} steps`;
  const proof = story.minimal ? 'proved shortest' : story.shrunk ? 'shrunk' : 'as found';
  const [title = '', ...says] = violationLines(story);
  const table = story.rows.length === 0 ? [] : ['', ...stepsTable(story.nodes, story.rows), ''];
  return [
    ...planTree(plan).map((line, i) => `${(i === 0 ? '   plan' : '').padEnd(13)}${line}`),
    '',
    ...labelled('violated', title).map(paint.bad),
    ...section('', [...says, `${story.origin}; witness of ${length}, ${proof}`]),
    ...table.map((line) => (/HALT/.test(line) ? paint.bad(line) : line)),
    ...section('shortest', story.shortest),
    ...section('halted', story.halted),
    ...section('blast', story.blast),
    ...section('blame', story.blame),
    ...section('not it', story.notIt),
    ...section('no return', story.noReturn),
    ...section('repair', story.repair),
    ...section('also', story.also),
    ...section('taken', story.taken.length === 0 ? [] : [story.taken.join('; ')]),
    ...commandLines('replay', story.replay),
  ];
}
