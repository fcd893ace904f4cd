// Features as a stranger would write them, in a folder of their own, with `import … from 'raftgate'`, and the answers that
// were worked out by hand before the tool was asked: which gate breaks and in how many essential steps, which one holds,
// which is the weakest. What breaks in the model is told apart from what a handful of runs shows: both must not disagree.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { loadScenarios } from '../../src/cli/load-scenarios.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { search } from '../../src/search/exhaustive.ts';
import { weakestGate } from '../../src/search/weakest-gate.ts';
import { run, seedSource } from '../../src/sim/index.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/features/', import.meta.url));
/** Runs in which what is proved to hold has to hold. */
const RUNS = 8;

/**
 * Essential steps of the shortest violation, or that it holds, or that it breaks in runs, which alone judge what has to
 * happen in the end; of a question: the weakest safe gate, "never" for none.
 */
const BY_HAND: Readonly<Record<string, number | string>> = {
  'codec/flag': 6,
  'codec/quorum': 6,
  'codec/voters': 8,
  'codec/all': 'holds',
  'codec/weakest': 'allKnow',
  'or/voters': 8,
  'or/either': 'holds',
  'or/weakest': 'votersKnow and (learnersKnow or learnersPass)',
  'xor/any of them': 4,
  'xor/odd': 'holds',
  'xor/weakest': 'x and not y and not z or not x and y and not z or not x and not y and z or x and y and z',
  'double-finalize/open': 7,
  'double-finalize/not yet finalized here': 7,
  'double-finalize/idempotent': 'holds',
  'double-finalize/weakest': 'never',
  'double-finalize/weakest, idempotent': 'open',
  'schema/publish blindly': 4,
  'schema/everyone knows it': 4,
  'schema/prepared': 'holds',
  'schema/prepare too early': 6,
  'schema/both': 'holds',
  'schema/weakest publish': 'prepared',
  'schema/weakest prepare': 'allKnow',
  'ratchet/no join gate': 9,
  'ratchet/join only before': 'holds',
  'ratchet/join asks': 'holds',
  // The joiner of this plan never reaches version 2: to ask it is to shut the door.
  'ratchet/weakest join': 'never',
  'fresh/asked now': 'holds',
  'fresh/asked within the hour': 5,
  'fresh/asked within the hour, no faults': 5,
  'fresh/last answer': 5,
  'fresh/last answer, no faults': 'holds',
  'fresh/weakest': 'never',
  'fence/in the log': 13,
  'fence/on every disk': 'holds',
  // One node has applied the fence before it goes back: its replay is no step.
  'fence/the field was not durable': 12,
  'fence/weakest': 'allKnow and allFenced',
  'two groups/the meta group is asked': 7,
  'two groups/its own voters': 'holds',
  'two groups/everyone': 'holds',
  'two groups/weakest': 'votersKnow',
  'promote/open': 9,
  'promote/asks the voters': 9,
  'promote/asks the joiner': 'holds',
  'promote/weakest': 'joinerKnows',
  'replaced/acks in the log': 14,
  'replaced/everyone is asked': 14,
  'replaced/the joiner is asked': 'holds',
  'replaced/weakest use': 'open',
  'replaced/weakest join': 'never',
  'roll-back/everyone asked': 8,
  'roll-back/startup reads the log': 8,
  'roll-back/none allowed': 'holds',
  'roll-back/weakest': 'never',
  'roll-back/weakest without': 'allKnow',
  'connect/open': 6,
  'connect/peer asked': 'holds',
  'connect/weakest': 'peerKnows',
  'dual-write/open': 4,
  'dual-write/locked': 4,
  'dual-write/unlocked or filled': 'holds',
  'dual-write/weakest': 'not locked or filled',
  'downgrade/everyone asked, not downgrading': 5,
  'downgrade/weakest': 'never',
  'set/open': 4,
  'set/enabled': 'holds',
  'set/weakest': 'enabled',
  'bigint/open': 3,
  'bigint/funded, one burn': 'holds',
  'bigint/funded, two burns': 8,
  'bigint/weakest': 'funded',
  'bigint/weakest, two burns': 'never',
  'nested/open': 4,
  'nested/noted': 'holds',
  'nested/row open': 'holds',
  'nested/weakest': 'rowOpen',
  // Upgrade, an election of the upgraded node, admission, append, commit, halt.
  'two rpcs/side door open': 6,
  'two rpcs/both gated': 'holds',
  'two rpcs/weakest front, side open': 'never',
  'two rpcs/weakest side': 'allKnow',
  'abort/open': 4,
  'abort/prepared, nobody aborts': 'holds',
  // Three admissions and three appends, two commits, prepare and abort applied, halt.
  'abort/prepared, abort in flight': 11,
  'abort/abort only when not prepared': 11,
  'abort/abort closed': 'holds',
  'abort/weakest commit': 'never',
  'abort/weakest commit, nobody aborts': 'prepared',
  'joiner/asked where nobody joins': 6,
  'joiner/join open': 9,
  // An old leader, which has no join gate, lets the node in; a new one asks before it has applied the change.
  'joiner/both': 9,
  'three groups/open': 6,
  'three groups/x is asked': 7,
  'three groups/y is asked': 'holds',
  'three groups/its own': 'holds',
  'three groups/weakest': 'here',
  'args/meant for the first': 7,
  'args/meant for the second': 'holds',
  'args/meant for the second, open': 4,
  'args/rejected, not halted': 'holds',
  'args/weakest for the first': 'never',
  'args/weakest for the second': 'not first',
  'side file/the log says so': 10,
  'side file/every disk': 'holds',
  'side file/weakest': 'onDisks',
  'process/stays up': 6,
  'process/exits': 6,
  'process/voters asked': 7,
  // The call is over when it is applied at the leader, and only then the node goes down.
  'startup/open': 6,
  'startup/key or nothing': 'holds',
  'startup/disk says sealed': 6,
  'startup/b stays down': 'in runs',
  'startup/weakest': 'never',
  'quorum/most of five': 8,
  'quorum/five, open': 7,
  'quorum/most of four': 8,
  'quorum/most of three': 6,
  'quorum/most of two': 'holds',
  'quorum/one': 'holds',
  'quorum/all of five': 'holds',
  'quorum/weakest of four': 'all',
  'quorum/weakest of two': 'most',
  'transfer/I know it': 6,
  'transfer/all of one upgraded': 'holds',
  'transfer/all upgraded': 'holds',
  'transfer/weakest, one upgraded': 'never',
  'transfer/weakest, all upgraded': 'open',
  'snapshot format/open': 7,
  'snapshot format/most asked': 7,
  'snapshot format/all asked': 'holds',
  'snapshot format/all asked, one goes back': 8,
  'snapshot format/weakest': 'all',
  'times/up to two': 'holds',
  'times/up to three, one after another': 9,
  'times/room, one after another': 'holds',
  'times/room, all at once': 7,
  'times/nested': 'holds',
  'times/weakest': 'room',
  'order/any order': 4,
  'order/any order, gated': 'holds',
  'order/weakest': 'made',
  'rolling/stopped after two': 6,
  'rolling/under way': 6,
  'rolling/all, then the call': 'holds',
  'rolling/two, then the call': 6,
  'rolling/three, one back, then the call': 8,
  'rolling/one back, then the call, all asked': 'holds',
  'rolling/one goes back meanwhile': 8,
  'rolling/weakest, two then the call': 'all',
  'rolling/weakest, one goes back': 'never',
  'machine/life': 'holds',
  'machine/hasty': 7,
  'machine/hasty, forced': 6,
  'keyed/open': 6,
  'keyed/weakest of six': 'votersKnow and votersKeyed and learnersKnow and learnersKeyed',
  'keyed/weakest of four': 'votersKnow and votersKeyed and learnersKnow and learnersKeyed',
  'keyed/weakest of the two that know': 'never',
  'one voter/used, then back': 6,
  'one voter/used, then back, disk looked at': 'holds',
  'one voter/back meanwhile, disk looked at': 5,
  'one voter/back meanwhile, log looked at': 5,
  'one voter/weakest startup': 'not usedHere',
  'formulas/open': 8,
  'formulas/not draining': 'holds',
  'formulas/not draining or all lenient': 'holds',
  // Upgrade, election; the drain admitted, appended, committed, applied by the leader; the move likewise; both at the other.
  'formulas/not draining or lenient here': 11,
  'formulas/raced': 7,
  'formulas/weakest, raced': 'allLenient',
  'formulas/weakest': 'not draining or allLenient',
  'promote/promote gated': 5,
  'promote/join gated': 'holds',
  'lag/not frozen': 7,
  'lag/freeze after the cut': 'holds',
  'lag/weakest cut': 'never',
  'lag/weakest freeze': 'wasCut',
  'kept/now': 'holds',
  'kept/kept': 'holds',
  'kept/shortly': 'holds',
  'kept/weakest': 'now',
  'wire/path': 4,
  'wire/can apply': 6,
  'wire/can apply, all asked': 'holds',
  'wire/closed': 'holds',
  'wire/weakest use, wired when it can': 'allCan',
  'wire/weakest wire, use open': 'never',
  // The call is over, so the leader has applied it, before the node is taken back in.
  'back in/voters asked': 10,
  'back in/joiner asked': 'holds',
  'back in/weakest join': 'joinerKnows',
  // Three upgrades; the machine lost, taken out, taken in; admission, two appends, commit, halt.
  'replace/all asked': 11,
  'replace/joiner asked': 'holds',
  'taken out/open': 6,
  // Who has the entry knows that the removal before it is committed, and leads only once it has applied that.
  'taken out/voters asked': 'holds',
  'taken out/weakest': 'votersKnow',
  'liveness/never raised': 'in runs',
  'liveness/raised': 'holds',
  'liveness/come apart': 7,
  'liveness/skipped in silence': 'in runs',
};

function seeds(): string[] {
  return Array.from({ length: RUNS }, (_, i) => String(i + 1));
}

/** What the model says of a scenario, having looked at everything within the bound; what it cannot judge, runs do. */
function answerOf(scenario: Scenario): number | string {
  const { expect, properties } = scenario;
  if (expect !== 'holds' && properties.some((one) => one.name === expect.violates && 'within' in one)) {
    const violations = seeds().flatMap((seed) => run(scenario, seedSource(seed)).violations);
    return violations.some(({ property }) => property === expect.violates) ? 'in runs' : 'in no run';
  }
  const searched = search(scenario, expect === 'holds' ? {} : { property: expect.violates });
  const wanted = expect === 'holds' ? null : expect.violates;
  const broken = searched.broken.find((b) => wanted === null || searched.checks.safety[b.property]?.name === wanted);
  if (broken !== undefined) return broken.depth;
  return searched.complete ? 'holds' : `undecided: ${searched.why ?? ''}`;
}

const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts'))
  .sort((a, b) => (a < b ? -1 : 1));

for (const file of files) {
  test(`${file.replace('.ts', '')}: the answers are those worked out by hand`, async (t) => {
    for (const { scenario } of await loadScenarios([`${FOLDER}${file}`], FOLDER)) {
      const { name } = scenario;
      if (scenario.kind === 'weakest') {
        const answer = weakestGate(scenario);
        t.is(answer.gate ?? 'never', String(BY_HAND[name]), name);
        t.true(answer.complete && answer.asExpected, name);
        continue;
      }
      t.is(String(answerOf(scenario)), String(BY_HAND[name]), name);
      if (scenario.expect !== 'holds') continue;
      for (const seed of seeds()) t.deepEqual(run(scenario, seedSource(seed)).violations, [], `${name}, seed ${seed}`);
    }
  });
}
