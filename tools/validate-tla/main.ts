// `npm run validate:tla`: traces of our own runs through etcd's TLA+ trace specification. Accepting is only half of it: the
// same traces with one event dropped or one value changed must be refused, and at the event that gives it away, or the
// specification would prove nothing about us.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { StateTraceEvent } from '../../src/raft/index.ts';
import { compareEvents, type EventComparison } from './events.ts';
import { recordRun } from './runs.ts';
import type { Toolchain } from './tlc.ts';
import { findToolchain, validateTrace } from './tlc.ts';
import { MUTATIONS } from './mutations.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GO_MODULE = `${ROOT}../shared/bench/etcd-bench`;
const ORACLE_MODULE = `${ROOT}../shared/etcd-raft/oracle`;

/** Scripts whose events are compared one by one; the reference sleeps a millisecond at each message it receives. */
const COMPARED_SCRIPTS = 60;

/** Traces of 300 to 700 events. */
function runFor(number: number) {
  return recordRun(number, 300 + ((number * 37) % 401));
}

function acceptAll(tools: Toolchain, from: number, count: number): number {
  let failed = 0;
  const total = { events: 0, elections: 0, drops: 0, restarts: 0 };
  const scenarios = new Set<string>();
  for (let number = from; number < from + count; number++) {
    const run = runFor(number);
    scenarios.add(run.scenario);
    const verdict = validateTrace(tools, run.events);
    total.events += run.events.length;
    for (const key of ['elections', 'drops', 'restarts'] as const) total[key] += run[key];
    if (verdict.accepted) continue;
    failed++;
    const at = run.events[verdict.rejectedAt - 1];
    const where = `event ${verdict.rejectedAt} of ${run.events.length}: ${JSON.stringify(at)}`;
    console.log(`trace ${number}, seed ${run.seed} of ${run.scenario}: rejected at ${where}`);
    if (verdict.error !== null) console.log(`  ${verdict.error}`);
  }
  const what = `${total.events} events, ${total.elections} elections, ${total.drops} lost messages, ${total.restarts} restarts`;
  console.log(`accepted ${count - failed} of ${count} traces of ${scenarios.size} scenarios (${what})`);
  return failed;
}

function rejectAll(tools: Toolchain, from: number): number {
  let failed = 0;
  for (const mutation of MUTATIONS) {
    const mutated = firstMutated(mutation.apply, from);
    if (mutated === null) {
      console.log(`${mutation.name}: no trace offers the place`);
      failed++;
      continue;
    }
    const verdict = validateTrace(tools, mutated.events);
    const right = !verdict.accepted && verdict.rejectedAt === mutated.givesAway;
    if (!right) failed++;
    const where = verdict.accepted ? 'accepted' : `rejected at event ${verdict.rejectedAt}`;
    console.log(`${mutation.name}: ${where}, expected at ${mutated.givesAway}${right ? '' : '  WRONG'}`);
  }
  return failed;
}

function firstMutated(
  apply: (events: readonly StateTraceEvent[]) => { events: StateTraceEvent[]; givesAway: number } | null,
  from: number,
) {
  for (let number = from; number < from + 20; number++) {
    const mutated = apply(runFor(number).events);
    if (mutated !== null) return mutated;
  }
  return null;
}

function compareAll(): number {
  const folders = ['random', 'wide-ids'].map((name) => `${ROOT}test/fixtures/etcd-raft/${name}`);
  const all = folders.map((folder) => compareEvents(ORACLE_MODULE, folder, COMPARED_SCRIPTS));
  const sum = (count: (one: EventComparison) => number): number => all.reduce((n, one) => n + count(one), 0);
  const [scripts, events] = [sum((one) => one.scripts), sum((one) => one.events)];
  const differences = all.flatMap((one) => one.differences);
  for (const difference of differences) console.log(difference);
  console.log(
    `${events} events of ${scripts} scripts compared with the reference's, ${differences.length} scripts differ`,
  );
  return differences.length;
}

function main(): number {
  const { values } = parseArgs({
    options: { from: { type: 'string', default: '1' }, count: { type: 'string', default: '50' } },
  });
  const [from, count] = [Number(values.from), Number(values.count)];
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count)) {
    console.error('usage: npm run validate:tla -- [--from NUMBER] [--count N]');
    return 2;
  }
  const tools = findToolchain(GO_MODULE);
  if ('missing' in tools) {
    console.log(`skipped: validate:tla needs ${tools.missing}`);
    return 0;
  }
  const failed = compareAll() + acceptAll(tools, from, count) + rejectAll(tools, from);
  return failed === 0 ? 0 : 1;
}

process.exitCode = main();
