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

/** Essential steps of the shortest violation, or that it holds; of a question: the weakest safe gate, "never" for none. */
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
};

/** What the model says of a scenario, having looked at everything within the bound. */
function answerOf(scenario: Scenario): number | string {
  const { expect } = scenario;
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
      for (let seed = 1; seed <= RUNS; seed++) {
        t.deepEqual(run(scenario, seedSource(String(seed))).violations, [], `${name}, seed ${seed}`);
      }
    }
  });
}
