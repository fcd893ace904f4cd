// From a sweep to what is reported of a scenario: the verdict, the tapes of what was found, the story of each finding,
// and whether all of it is what the scenario expects.
import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import type { Paint } from '../report/layout.ts';
import type { FindingRecord, ScenarioRecord } from '../report/records.ts';
import { storyLines } from '../report/story.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunFlags } from './commands/run.ts';
import { scenarioFolder } from './discover.ts';
import { judge, type Judgement } from './judge.ts';
import type { Loaded } from './load-scenarios.ts';
import type { Pool } from './pool.ts';
import type { Found, Sweep } from './sweep.ts';
import { replayLine, TAPE_FOLDER, writeTape } from './tapes.ts';
import type { StoryFacts } from './tell.ts';

/** So many findings of one scenario are told; the rest are counted. */
const MOST_TOLD = 3;

/** What there is to report of one scenario. */
export interface Conclusion {
  readonly record: ScenarioRecord;
  readonly sweep: Sweep;
  readonly stories: (paint: Paint) => readonly string[];
}

/** A finding with its story. */
interface Told {
  readonly found: Found;
  readonly facts: StoryFacts | null;
  readonly record: FindingRecord;
}

/** A name for a cause that stays the same over runs and versions. */
function fingerprintOf(scenario: string, found: Found): string {
  return createHash('sha256')
    .update(JSON.stringify([scenario, found.property, found.code]))
    .digest('hex')
    .slice(0, 16);
}

async function tellOne(one: Loaded<Scenario>, found: Found, pool: Pool, cwd: string): Promise<Told> {
  const { url, scenario } = one;
  const facts = await pool.do('tellTask', { url, name: scenario.name, tape: found.tape, property: found.property });
  const expect = { verdict: 'violated', property: found.property, code: found.code, hash: found.hash } as const;
  const file = writeTape(TAPE_FOLDER, found.tape, expect, cwd);
  const choices = found.tape.choices.length;
  return {
    found,
    facts,
    record: {
      fingerprint: fingerprintOf(scenario.name, found),
      property: found.property,
      code: found.code,
      blame: facts?.blame[0] ?? null,
      witness: {
        steps: facts?.rows.length ?? 0,
        events: facts?.events ?? 0,
        from: choices,
        minimal: facts?.minimal ?? false,
      },
      replay: replayLine(file, one.file, cwd),
    },
  };
}

/** Findings to tell: what another of the same run explains is part of that one's story. */
function toTell(found: readonly Found[]): Found[] {
  const main = found.filter((one) => !found.some((other) => one.after.includes(other.property) && other !== one));
  return (main.length > 0 ? main : found.slice(0, 1)).slice(0, MOST_TOLD);
}

/** What the witness has to be besides being there. */
function witnessComplaints(scenario: Scenario, told: readonly Told[]): string[] {
  const { expect } = scenario;
  if (expect === 'holds') return [];
  const witness = told.find((one) => one.found.property === expect.violates);
  if (witness?.facts === undefined || witness.facts === null) return [];
  const { rows, haltedIn } = witness.facts;
  const most = expect.witness?.maxEvents;
  const groups = expect.blast?.groups;
  const strays =
    groups === undefined ? [] : haltedIn.map((hit) => hit.group).filter((group) => !groups.includes(group));
  const replicas = haltedIn.flatMap((hit) => hit.nodes).length;
  const atMost = expect.blast?.replicas;
  return [
    ...(most !== undefined && rows.length > most
      ? [`the witness has ${rows.length} steps; at most ${most} are expected`]
      : []),
    ...strays.map((group) => `replicas of ${group} halted; only ${groups?.join(', ') ?? ''} should be hit`),
    ...(atMost !== undefined && replicas > atMost
      ? [`${replicas} replicas halted; at most ${atMost} are expected`]
      : []),
  ];
}

function keepWitness({ found }: Told, cwd: string): void {
  const folder = relative(cwd, join(scenarioFolder(cwd), 'found'));
  const expect = { verdict: 'violated', property: found.property, code: found.code, hash: null } as const;
  writeTape(folder, found.tape, { ...expect, hash: found.hash }, cwd);
}

function recordOf(
  one: Loaded<Scenario>,
  judged: Judgement,
  sweep: Sweep,
  told: readonly Told[],
  complaints: readonly string[],
): ScenarioRecord {
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
    bound: null,
    complete: false,
    states: null,
    neverMet: judged.neverMet,
    virtualMs: sweep.virtualMs,
    cpuMs: Math.round(sweep.cpuMs),
  };
}

/** Tells and judges what a sweep found, and writes the tapes. */
export async function concludeScenario(
  one: Loaded<Scenario>,
  sweep: Sweep,
  pool: Pool,
  flags: RunFlags,
  cwd: string,
): Promise<Conclusion> {
  const judged = judge(one.scenario, sweep);
  const told = await Promise.all(toTell(judged.found).map((found) => tellOne(one, found, pool, cwd)));
  const complaints = witnessComplaints(one.scenario, told);
  const record = recordOf(one, judged, sweep, told, complaints);
  const main = told[0];
  if (flags.updateWitness && record.expected && main !== undefined) keepWitness(main, cwd);
  const stories = (paint: Paint): string[] =>
    told.flatMap(({ facts, found, record: { replay } }) => {
      const foundBy = `${found.strategy} ${found.seed}, run ${found.atRun}, ${found.count} of ${sweep.runs} runs`;
      return facts === null ? [] : ['', ...storyLines({ ...facts, foundBy, replay }, one.scenario.plan, paint), ''];
    });
  return { record, sweep, stories };
}
