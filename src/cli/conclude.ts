// From a search to what is reported of a scenario: the verdict, the tapes of what was found, the story of each finding,
// and whether all of it is what the scenario expects.
import { join, relative } from 'node:path';
import type { Paint } from '../report/layout.ts';
import type { FindingRecord, ScenarioRecord } from '../report/records.ts';
import { storyLines, type Story } from '../report/story.ts';
import type { Build } from '../scenario/build.ts';
import type { Blame, ExpectedViolation, Scenario } from '../scenario/scenario.ts';
import { blamesText, blameText } from '../report/blame.ts';
import { causeFingerprint, meets, mergeSeen, NOTHING_SEEN, unseenIn, type SeenFinding } from '../search/index.ts';
import { scenarioFolder } from './discover.ts';
import type { ModelWitness } from './explore.ts';
import { judge, type Judgement } from './judge.ts';
import type { Loaded } from './load-scenarios.ts';
import type { Pool } from './pool.ts';
import type { Searched } from './search-scenario.ts';
import type { Found, Sweep } from './sweep.ts';
import { replayLine, TAPE_FOLDER, writeTape } from './tapes.ts';
import type { StoryFacts, Telling } from './tell.ts';

/** Most runs to spend on shrinking one finding. */
const SHRINK_RUNS = 600;
/** So many findings of one scenario are told; the rest are counted. */
const MOST_TOLD = 3;

/** What there is to report of one scenario. */
export interface Conclusion {
  readonly record: ScenarioRecord;
  readonly sweep: Sweep;
  readonly stories: (paint: Paint) => readonly string[];
  /** Every finding, those beyond what is told included. */
  readonly seen: readonly SeenFinding[];
}

/** A finding with its story. */
interface Told {
  readonly property: string;
  /** The run to keep: a tape, what it shows and its hash; null where there is none. */
  readonly kept: Pick<Telling, 'tape' | 'code' | 'hash'> | null;
  readonly story: Story | null;
  /** Who halted in the witness run; empty where there is none. */
  readonly haltedIn: StoryFacts['haltedIn'];
  /** What the exhaustive search says of it; null where it says nothing. */
  readonly model: ModelWitness | null;
  readonly record: FindingRecord;
}

/** What telling needs besides the finding. */
interface TellMeans {
  readonly searched: Searched;
  readonly pool: Pool;
  readonly cwd: string;
  /** Shrink whatever is found, because it will be read or kept. */
  readonly shrink: boolean;
  /** Look for the shortest story, by exhaustive search. */
  readonly prove: boolean;
  /** Somebody reads the records. */
  readonly recorded: boolean;
}

/**
 * A finding's run once more, shrunk where somebody reads it or where its length is part of what is expected; null where nothing
 * is asked of it that the sweep has not kept.
 */
async function telling(
  { url, scenario: { name, expect } }: Loaded<Scenario>,
  { tape, property }: Found,
  { pool, shrink, prove, recorded }: TellMeans,
): Promise<Telling | null> {
  const task = { url, name, tape, property, prove: false, stopFlag: null };
  if (shrink) return pool.do('tellTask', { ...task, prove, shrinkRuns: SHRINK_RUNS });
  const asked = expect === 'holds' || expect.violates !== property ? null : expect;
  const isAsked = asked?.witness !== undefined || asked?.blast !== undefined;
  const plain = recorded || isAsked ? await pool.do('tellTask', { ...task, shrinkRuns: null }) : null;
  const most = asked?.witness?.maxEvents;
  if (plain === null || most === undefined || plain.facts.rows.length <= most) return plain;
  return pool.do('tellTask', { ...task, shrinkRuns: SHRINK_RUNS });
}

function originText({ strategy, seed, atRun, count }: Found, runs: number): string {
  return count === 0
    ? `found by ${strategy}, no random run`
    : `found by ${strategy}, seed ${seed}, run ${atRun}; ${count} of ${runs} runs`;
}

/** What only the exhaustive search found, shown by runs made for it: as good as found. */
async function confirmed(
  { url, scenario }: Loaded<Scenario>,
  { sweep, model, explored }: Searched,
  pool: Pool,
): Promise<Found[]> {
  const claims = (explored?.witnesses ?? []).filter(
    (one) => !sweep.found.some((found) => found.property === one.property),
  );
  const shown = claims.map(async ({ property, code, says, witness }) => {
    const tape = await pool.do('confirmTask', { url, name: scenario.name, witness });
    if (tape === null) return [];
    return [
      { property, code, says, tape, seed: '', strategy: 'exhaustive search', hash: '', atRun: 0, count: 0, after: [] },
    ];
  });
  return model === null ? [] : (await Promise.all(shown)).flat();
}

/** A finding of a run: repeated for its story, its tape written. */
async function tellFound(one: Loaded<Scenario>, found: Found, means: TellMeans): Promise<Told> {
  const { searched, cwd } = means;
  const { property, code } = found;
  const told = await telling(one, found, means);
  const { facts, tape, hash } = told ?? { facts: null, tape: found.tape, hash: found.hash };
  const kept = writeTape(TAPE_FOLDER, tape, { verdict: 'violated', property, code, hash }, cwd);
  const replay = replayLine(kept, one.file, cwd);
  const model = searched.model?.witnesses.find((witness) => witness.property === property) ?? null;
  const origin = originText(found, searched.sweep.runs);
  const story = facts === null ? null : { ...facts, ...fromModel(model, facts.rows.length), origin, replay };
  const steps = Math.min(facts?.rows.length ?? Infinity, model?.rows.length ?? Infinity);
  const witness = {
    steps: Number.isFinite(steps) ? steps : 0,
    events: facts?.events ?? 0,
    from: found.tape.choices.length,
    minimal: model?.minimal === true && model.rows.length === steps,
  };
  const fingerprint = told?.cause ?? causeFingerprint(property, code, '', '');
  const blame = model === null ? null : blameOf(model);
  const record = { fingerprint, property, code, blame, witness, tape: kept, replay };
  const haltedIn = facts?.haltedIn ?? [];
  return { property, kept: told === null ? null : { tape, code, hash }, story, haltedIn, model, record };
}

/**
 * What a story takes from the exhaustive search: the length of the shortest one, and who is to blame.
 * @param steps of the run that is told
 */
export function fromModel(
  model: ModelWitness | null,
  steps: number,
): Pick<Story, 'blame' | 'notIt' | 'noReturn' | 'repair' | 'shortest' | 'minimal'> {
  if (model === null) return { blame: [], notIt: [], noReturn: [], repair: [], shortest: [], minimal: false };
  const { rows, minimal, blameTold, notIt, noReturn, repair } = model;
  const isShortest = minimal && steps === rows.length;
  const proof = steps < rows.length ? '; this run needs fewer' : minimal ? ', proved shortest' : '';
  const shortest = isShortest ? [] : [`${rows.length} steps by exhaustive search${proof}`];
  return { blame: blameTold, notIt, noReturn, repair, shortest, minimal: isShortest };
}

/** The first blame, for the records. */
function blameOf({ blame }: ModelWitness): string | null {
  return blame[0] === undefined ? null : blamesText(blame[0]);
}

/** A finding of the exhaustive search alone: its story has no times and no tape. */
function tellModel(scenario: Scenario, witness: ModelWitness): Told {
  const { property, code, says, rows, minimal, fingerprint } = witness;
  const nothing = { halted: [], blast: [], also: [], taken: [] };
  const replay = 'none: no run of the simulator followed it';
  const story = {
    ...nothing,
    ...fromModel(witness, rows.length),
    shortest: [],
    property,
    says,
    nodes: scenario.cluster.nodes,
    rows,
    minimal,
    shrunk: false,
    atMs: null,
    origin: 'found by exhaustive search',
    replay,
  };
  const record = {
    fingerprint,
    property,
    code,
    blame: blameOf(witness),
    witness: { steps: rows.length, events: 0, from: 0, minimal },
    tape: '',
    replay,
  };
  return { property, kept: null, story, haltedIn: [], model: witness, record };
}

/** Findings to tell: what another of the same run explains is part of that one's story. */
function toTell(found: readonly Found[]): Found[] {
  const main = found.filter((one) => !found.some((other) => one.after.includes(other.property) && other !== one));
  return main.length > 0 ? main : found.slice(0, 1);
}

/** Whether the search blames whom the scenario blames. */
function blameComplaints(
  { blames }: ExpectedViolation,
  builds: readonly Build[],
  model: ModelWitness | null,
  complete: boolean,
): string[] {
  if (blames === undefined || model === null || (model.blame.length === 0 && !complete)) return [];
  const wanted = [blames].flat() as Blame[];
  const missing = wanted.filter(
    (one) => !model.blame.some((found) => ([found].flat() as Blame[]).some((each) => meets(each, one, builds))),
  );
  const found = model.blame.length === 0 ? 'nobody' : model.blame.map(blamesText).join('; or ');
  return missing.map((one) => `expected to blame: ${blameText(one)}; found to blame: ${found}`);
}

/** What the witness has to be besides being there. */
function witnessComplaints({ builds, expect }: Scenario, told: readonly Told[], complete: boolean): string[] {
  if (expect === 'holds') return [];
  const witness = told.find((one) => one.property === expect.violates);
  if (witness === undefined) return [];
  const { steps } = witness.record.witness;
  const most = expect.witness?.maxEvents;
  const groups = expect.blast?.groups;
  const hit = witness.haltedIn.map((one) => one.group);
  const strays = groups === undefined ? [] : hit.filter((group) => !groups.includes(group));
  const replicas = witness.haltedIn.flatMap((one) => one.nodes).length;
  const atMost = expect.blast?.replicas;
  return [
    ...blameComplaints(expect, builds, witness.model, complete),
    ...(most !== undefined && steps > most ? [`the witness has ${steps} steps; at most ${most} are expected`] : []),
    ...strays.map((group) => `replicas of ${group} halted; only ${groups?.join(', ') ?? ''} should be hit`),
    ...(atMost !== undefined && replicas > atMost
      ? [`${replicas} replicas halted; at most ${atMost} are expected`]
      : []),
  ];
}

function keepWitness({ property, kept }: Told, cwd: string): void {
  if (kept === null) return;
  const folder = relative(cwd, join(scenarioFolder(cwd), 'found'));
  writeTape(folder, kept.tape, { verdict: 'violated', property, code: kept.code, hash: kept.hash }, cwd);
}

function recordOf(
  one: Loaded<Scenario>,
  judged: Judgement,
  { sweep, explored, unsearched, model }: Searched,
  told: readonly Told[],
): ScenarioRecord {
  const complaints = witnessComplaints(one.scenario, told, model?.complete ?? false);
  const why = [...judged.why, ...complaints];
  return {
    kind: 'scenario',
    scenario: one.scenario.name,
    file: one.file,
    runs: sweep.runs,
    verdict: judged.verdict,
    expected: judged.expected && complaints.length === 0,
    why: why.length === 0 ? null : why.join('; '),
    findings: told.map((each) => each.record),
    bound: explored?.bound ?? null,
    complete: explored?.complete ?? false,
    states: explored?.states ?? null,
    unsearched,
    neverMet: judged.neverMet,
    unseen: unseenIn(one.scenario, mergeSeen(sweep.seen, model?.seen ?? NOTHING_SEEN)),
    virtualMs: sweep.virtualMs,
    cpuMs: Math.round(sweep.cpuMs + (explored?.cpuMs ?? 0)),
  };
}

/** How a scenario is to be concluded. */
export interface ConcludeOptions {
  readonly pool: Pool;
  readonly cwd: string;
  /** The stories of expected violations are read as well. */
  readonly tellAll: boolean;
  /** Findings are kept over time: none may be passed over. */
  readonly keepAll: boolean;
  /** Somebody reads the records. */
  readonly recorded: boolean;
  readonly updateWitness: boolean;
}

/** Tells and judges what a search found, and writes the tapes. */
export async function concludeScenario(
  one: Loaded<Scenario>,
  found: Searched,
  options: ConcludeOptions,
): Promise<Conclusion> {
  const { pool, cwd, tellAll, keepAll, recorded, updateWitness } = options;
  const shownByRuns = await confirmed(one, found, options.pool);
  const searched = { ...found, sweep: { ...found.sweep, found: [...found.sweep.found, ...shownByRuns] } };
  const judged = judge(one.scenario, searched);
  const shrink = tellAll || updateWitness || !judged.expected;
  const main = toTell(judged.found);
  const shown = await Promise.all(
    main.slice(0, keepAll ? main.length : MOST_TOLD).map((each, i) => {
      const means = { searched, pool, cwd, shrink: shrink && i < MOST_TOLD, prove: tellAll, recorded };
      return tellFound(one, each, means);
    }),
  );
  const every = [...shown, ...judged.inModel.map((witness) => tellModel(one.scenario, witness))];
  const told = every.slice(0, MOST_TOLD);
  const record = recordOf(one, judged, searched, told);
  if (updateWitness && record.expected && told[0] !== undefined) keepWitness(told[0], cwd);
  const { plan } = one.scenario;
  const stories = (paint: Paint): string[] =>
    told.flatMap(({ story }) => (story === null ? [] : ['', ...storyLines(story, plan, paint), '']));
  const seen = every.map(({ record: { fingerprint, property, code, tape } }): SeenFinding => {
    return { scenario: one.scenario.name, fingerprint, property, code, tape };
  });
  return { record, sweep: searched.sweep, stories, seen };
}
