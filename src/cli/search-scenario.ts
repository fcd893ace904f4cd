// Shares the seeds of a scenario out over workers and puts the answers together again in the order of the seeds.
import type { Scenario } from '../scenario/scenario.ts';
import type { RunFlags } from './commands/run.ts';
import { isGivenByApply, type Explored } from './explore.ts';
import type { Loaded } from './load-scenarios.ts';
import type { Pool } from './pool.ts';
import type { DrawingStrategy } from '../search/strategies/sources.ts';
import { mergeSweeps, NO_SWEEP, type Draw, type Sweep } from './sweep.ts';

/** Seeds of a scenario that names none. */
const DEFAULT_SEEDS = [1, 200] as const;
/** Runs a chunk has at least and at most: few enough to share out fairly, enough to outweigh a message. */
const CHUNK = { least: 20, most: 500 } as const;

/** The seeds of a search. */
function seedsOf(scenario: Scenario, flags: Pick<RunFlags, 'seed' | 'seeds'>): string[] {
  if (flags.seed !== undefined) return [flags.seed];
  const [from, to] =
    flags.seeds === undefined ? (scenario.explore.seeds ?? DEFAULT_SEEDS) : [flags.seeds.from, flags.seeds.to];
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

/** Strategies that draw runs; those that search exhaustively are asked elsewhere. */
function drawing(scenario: Scenario, flags: Pick<RunFlags, 'strategy'>): DrawingStrategy[] {
  const mix = flags.strategy ?? scenario.explore.mix ?? [];
  const drawn = mix.filter((name) => name !== 'exhaustive' && name !== 'dpor');
  // A mix that only searches exhaustively still has its runs: what a model leaves out is looked for as well.
  return drawn.length > 0 ? drawn : ['swarm'];
}

/** The runs of a search: each seed once, the strategies taking turns. */
function drawsOf(scenario: Scenario, flags: Pick<RunFlags, 'seed' | 'seeds' | 'strategy'>): Draw[] {
  const strategies = drawing(scenario, flags);
  return seedsOf(scenario, flags).map((seed, i) => ({ seed, strategy: strategies[i % strategies.length] ?? 'swarm' }));
}

function chunksOf(draws: readonly Draw[], jobs: number): Draw[][] {
  const fair = Math.ceil(draws.length / (jobs * 4));
  const size = Math.min(CHUNK.most, Math.max(CHUNK.least, fair));
  const chunks: Draw[][] = [];
  for (let i = 0; i < draws.length; i += size) chunks.push(draws.slice(i, i + size));
  return chunks;
}

/** What a search may use. */
export interface SearchMeans {
  readonly pool: Pool;
  readonly wantsRecords: boolean;
  readonly stopFlag: SharedArrayBuffer;
  /** How long each scenario may be searched, ms; null: to the last seed. */
  readonly budgetMs: number | null;
  /** Told after each chunk. */
  readonly progress: (runs: number) => void;
}

/** What all strategies together came to. */
export interface Searched {
  readonly sweep: Sweep;
  readonly exhaustive: Exhaustive;
  /** Null where there was no exhaustive search. */
  readonly explored: Explored | null;
  /** Why there was none though one was tried; null otherwise. */
  readonly unsearched: string | null;
  /** What the model says of the violations: of the exhaustive search, or of a small one made for blame alone. */
  readonly model: Explored | null;
}

/** How an exhaustive search comes about. */
export type Exhaustive =
  /** The mix of strategies or a stated bound asks for it. */
  | 'asked'
  /** Nobody said anything: it is tried, as far as it goes in short time. */
  | 'tried'
  | 'no';

/**
 * Whether a scenario is searched exhaustively. A single seed is a single run; of a feature with a program of its own the model
 * sees the outside only, so there it has to be asked for.
 */
export function exhaustive(scenario: Scenario, flags: Pick<RunFlags, 'seed' | 'strategy'>): Exhaustive {
  if (flags.seed !== undefined) return 'no';
  const { bound } = scenario.explore;
  const mix = flags.strategy ?? scenario.explore.mix ?? (bound === undefined ? null : ['exhaustive']);
  if (mix !== null) return mix.some((strategy) => strategy === 'exhaustive' || strategy === 'dpor') ? 'asked' : 'no';
  return isGivenByApply(scenario) ? 'tried' : 'no';
}

/** States that are looked at where nobody asked for an exhaustive search. */
export const UNASKED_STATES = 300_000;

/** Whether whom to blame is part of what is expected. */
function wantsBlame({ expect }: Scenario): boolean {
  return expect !== 'holds' && expect.blames !== undefined;
}

/** Searches a scenario with everything its mix asks for. */
export async function searchScenario(one: Loaded<Scenario>, flags: RunFlags, means: SearchMeans): Promise<Searched> {
  const stopAtMs = means.budgetMs === null ? null : Date.now() + means.budgetMs;
  const { pool, wantsRecords, stopFlag } = means;
  const task = { url: one.url, name: one.scenario.name, stopAtMs, stopFlag };
  const how = exhaustive(one.scenario, flags);
  const explore = {
    ...task,
    bound: flags.bound ?? null,
    maxStates: how === 'asked' ? null : UNASKED_STATES,
    repairs: false,
  };
  const exploring = how !== 'no' || wantsBlame(one.scenario) ? pool.do('exploreTask', explore) : Promise.resolve(null);
  const sweeping = chunksOf(drawsOf(one.scenario, flags), pool.jobs).map(async (chunk) => {
    const part = await pool.do('sweepTask', { ...task, wantsRecords, draws: chunk });
    means.progress(part.runs);
    return part;
  });
  const [model, parts] = await Promise.all([exploring, Promise.all(sweeping)]);
  const beyond = how === 'tried' && model?.states === 0 ? model.why : null;
  const explored = how === 'no' || beyond !== null ? null : model;
  return { sweep: parts.reduce(mergeSweeps, NO_SWEEP), exhaustive: how, explored, unsearched: beyond, model };
}
