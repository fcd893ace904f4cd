// Runs of the simulator, recorded as state traces for the specification: raft scenarios with their faults, elections, lost
// and late messages, crashes and restarts. The specification models less than the core does, and refuses a run that uses
// more although nothing is wrong with it. So the scenarios are run without what it has no words for: pre-vote and leases,
// storage threads, limits of a message's size (an append then says a commit index beyond its own entries), messages that
// come twice, snapshots, learners from the start, and a commit index that a crash takes back since nobody had to sync it.
import { assert } from '../../src/base/assert.ts';
import { foldRestarts } from '../../src/conform/etcd/index.ts';
import type { StateTraceEvent } from '../../src/raft/index.ts';
import { raftTuning } from '../../src/scenario/raft-options.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { RecordingSource } from '../../src/sim/kernel/choices.ts';
import { directedSource } from '../../src/sim/kernel/override-source.ts';
import { seedSource } from '../../src/sim/kernel/seed-source.ts';
import { run } from '../../src/sim/run.ts';
import type { World } from '../../src/sim/world/world.ts';
import elections from '../../scenarios/raft/elections.ts';
import leadership from '../../scenarios/raft/leadership.ts';
import storage from '../../scenarios/raft/storage.ts';

/** Of three and of five voters, every kind of fault and of load; the specification's own group has no learners. */
const SCENARIOS = [
  'raft/elections/three',
  'raft/elections/old-leaders',
  'raft/elections/bare-four',
  'raft/leadership/reads',
  'raft/elections/old-leaders-of-five',
  'raft/storage/threads-and-crashes',
  'raft/elections/five',
  'raft/storage/limits',
  'raft/elections/bare-five',
  'raft/elections/quorum-only',
] as const;
const RAFT_SCENARIOS = [...elections, ...leadership, ...storage] as readonly Scenario[];
/** Seeds of one trace are that far apart, so that no two traces share one. */
const SEED_STEP = 1_000;
const MOST_SEEDS = 500;

/** A recorded run and what happened in it. */
export interface TracedRun {
  readonly scenario: string;
  readonly seed: string;
  readonly events: readonly StateTraceEvent[];
  readonly elections: number;
  readonly drops: number;
  readonly restarts: number;
}

/** A scenario without what the specification does not model. */
function modelled(scenario: Scenario): Scenario {
  const { cluster, faults } = scenario;
  const { maxInflight, maxUncommittedBytes } = cluster.raft;
  const raft = raftTuning({
    maxInflight,
    maxUncommittedBytes,
    preVote: false,
    checkQuorum: false,
    snapshots: 'asked',
  });
  const sober = faults === null ? null : { ...faults, duplicatePerMillion: [0, 0] as const };
  return { ...scenario, cluster: { ...cluster, raft }, faults: sober };
}

/** The choices of a seed, but for disks: no crash loses what was written and not synced. */
function withoutLosses(seed: string): RecordingSource {
  const base = seedSource(seed);
  return directedSource('seed', (path, key, _nth, n, perMillion) => {
    const stream = base.stream(path);
    const drawn = perMillion === null ? stream.choose(key, n) : stream.weigh(key, perMillion);
    return path.startsWith('disk/') ? 0 : drawn;
  });
}

/**
 * Records the run of a number: its scenario in turn, its first seed whose run is long enough and has a change of leaders, a
 * lost message and a restart before it is cut.
 * @param length events wanted; the trace is cut there, or before the first snapshot that is sent
 */
export function recordRun(number: number, length: number): TracedRun {
  const name = SCENARIOS[number % SCENARIOS.length]!;
  const scenario = modelled(RAFT_SCENARIOS.find((one) => one.name === name)!);
  for (let i = 0; i < MOST_SEEDS; i++) {
    const seed = String(number + i * SEED_STEP);
    const traced = recordSeed(scenario, seed, length);
    const { events, elections: leaders, drops, restarts } = traced;
    if (events.length === length && leaders > 1 && drops > 0 && restarts > 0) return traced;
  }
  assert(false, 'TRACE_TOO_SHORT', () => `no run of ${name} has ${length} events and what has to be in them`);
}

function recordSeed(scenario: Scenario, seed: string, length: number): TracedRun {
  const events: StateTraceEvent[] = [];
  /** By event: number of the last thing that had happened in the world. */
  const seqs = new Map<StateTraceEvent, number>();
  let world: World | null = null;
  const port = {
    traceEvent(event: StateTraceEvent): void {
      seqs.set(event, world!.recorder.seq);
      events.push(event);
    },
  };
  const { trace } = run(scenario, withoutLosses(seed), {
    record: true,
    stateTrace: () => port,
    prepare: (made) => void (world = made),
  });
  const folded = foldRestarts(events);
  const snapshot = folded.findIndex((e) => e.msg?.type === 'MsgSnap');
  const cut = folded.slice(0, Math.min(length, snapshot < 0 ? Infinity : snapshot));
  const last = cut.findLast((e) => seqs.has(e));
  const untilSeq = last === undefined ? 0 : seqs.get(last)!;
  const count = (what: StateTraceEvent['name']): number => cut.filter(({ name }) => name === what).length;
  return {
    scenario: scenario.name,
    seed,
    events: cut,
    elections: count('BecomeLeader'),
    drops: trace.filter(({ kind, seq }) => kind === 'lose' && seq <= untilSeq).length,
    restarts: count('InitState') - new Set(cut.map(({ nid }) => nid)).size,
  };
}
