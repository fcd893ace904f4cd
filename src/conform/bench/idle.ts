// What an idle group costs: groups that have a leader and nothing to do but heartbeats, at growing numbers. The figure must
// not depend on how many other groups there are; if some work grew with them, or each fell out of the cache before its next
// tick, a cluster of many groups would cost more than its parts. Run as a process of its own it prints one JSON line.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { InvariantError } from '../../base/errors.ts';
import { engineFlags } from './child.ts';
import { countersOf } from './report.ts';
import { workloadNamed } from './workload.ts';
import { World } from './world.ts';

/** Nanoseconds of CPU time per group and tick: of the quietest stretch and of the middle one. */
export interface IdleCost {
  readonly groups: number;
  readonly least: number;
  readonly median: number;
}

/** Stretches measured; each is long enough for the clock of the process. */
const STRETCHES = 24;
const GROUP_TICKS = 200_000;
/** Ticks after which every group has a leader, and the code is compiled. */
const WARM_UP_GROUP_TICKS = 400_000;
const ELECTION_TICKS = 100;

/** Measures W4 with another number of groups in this process; `shardReplicas` as in {@link World}. */
export function measureIdle(groups: number, shardReplicas?: number): IdleCost {
  const workload = { ...workloadNamed('W4')!, groups };
  const world = new World(workload, 1, shardReplicas);
  const warmUp = Math.max(ELECTION_TICKS, Math.ceil(WARM_UP_GROUP_TICKS / groups));
  for (let i = 0; i < warmUp; i++) world.tick();
  if (countersOf(world).groups_with_leader !== groups) {
    throw new InvariantError('bench-idle', `a group of ${groups} has no leader after ${warmUp} ticks`);
  }
  const ticks = Math.ceil(GROUP_TICKS / groups);
  const costs = Array.from({ length: STRETCHES }, () => stretch(world, ticks) / (groups * ticks));
  costs.sort((a, b) => a - b);
  return { groups, least: costs[0]!, median: costs[STRETCHES >> 1]! };
}

/** CPU nanoseconds of some ticks. */
function stretch(world: World, ticks: number): number {
  const start = process.cpuUsage();
  for (let i = 0; i < ticks; i++) world.tick();
  const { user, system } = process.cpuUsage(start);
  return (user + system) * 1000;
}

/** Measures in a fresh process with the settings of the benchmark. */
export function idleCost(groups: number, shardReplicas?: number): IdleCost {
  const workload = { ...workloadNamed('W4')!, groups };
  const args = [fileURLToPath(import.meta.url), String(groups), ...(shardReplicas ? [String(shardReplicas)] : [])];
  const run = spawnSync(process.execPath, [...engineFlags(workload), ...args], { encoding: 'utf8' });
  if (run.status !== 0) throw new InvariantError('bench-idle', run.stderr);
  return JSON.parse(run.stdout) as IdleCost;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [groups, shardReplicas] = process.argv.slice(2).map(Number);
  process.stdout.write(`${JSON.stringify(measureIdle(groups!, shardReplicas))}\n`);
}
