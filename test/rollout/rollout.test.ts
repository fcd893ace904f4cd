// The hazards of the rollout: every one of them is a pair that shows it, or has its reason; and what the wrong wiring breaks, the
// adopted rule keeps.
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { seedSource } from '../../src/sim/kernel/seed-source.ts';
import { run } from '../../src/sim/run.ts';
import { UNSHOWN } from '../../scenarios/rollout/_unshown.ts';
import { JUDGED, KNOWN, type Judged } from '../../scenarios/rollout/head/_known.ts';
import { writeTable } from './_known-table.ts';
import { hazardTable, idsOf, scenariosIn } from './_rollout.ts';

const README = new URL('../../scenarios/README.md', import.meta.url);
const hazards = await scenariosIn('.');
const head = await scenariosIn('head');

test('every hazard is shown by one pair, or has the reason why it is not', (t) => {
  for (let i = 1; i <= 80; i++) {
    const id = `H-${String(i).padStart(2, '0')}`;
    const shown = hazards.filter((one) => idsOf(one).includes(id)).map((one) => one.name.split('/').at(-1));
    if (UNSHOWN[id] === undefined) t.deepEqual(shown, ['wrong', 'right'], id);
    else t.deepEqual(shown, [], `${id} is shown and excused`);
  }
});

test('the table of hazards in the README is that of the scenarios', (t) => {
  const text = readFileSync(README, 'utf8');
  const [before, rest = ''] = text.split('<!-- hazards -->\n');
  const [, after = ''] = rest.split('\n<!-- /hazards -->');
  const wanted = `${before}<!-- hazards -->\n${hazardTable(hazards)}\n<!-- /hazards -->${after}`;
  if (process.env['UPDATE'] === 'readme') writeFileSync(README, wanted);
  else t.is(text, wanted, 'run this test with UPDATE=readme to write the table');
  t.true(text.includes('<!-- hazards -->'));
});

test('a wrong wiring breaks what its scenario says, and nothing is broken by the rule that was adopted', (t) => {
  for (const one of hazards) {
    const broken = firstBreak(one, one.expect === 'holds' ? 2 : Infinity);
    t.is(broken, one.expect === 'holds' ? null : one.expect.violates, one.name);
  }
});

/** What a plan breaks by its nature: a cluster put back as a whole has another history from then on. */
const unjudged = ({ name }: Scenario): readonly Judged[] =>
  name.endsWith('every disk is put back') ? ['ok-means-applied', 'state-machine-safety'] : [];

if (process.env['UPDATE'] === 'known')
  writeTable(
    head.filter(({ expect }) => expect === 'holds'),
    unjudged,
  );

test('a plan of the current release is judged by every property, here or among what it is known to break', (t) => {
  for (const one of head.filter(({ expect }) => expect === 'holds')) {
    const breaks = head.filter(({ name }) => name.startsWith(`${one.name}/breaks `));
    const judged = [one, ...breaks].flatMap(({ properties }) =>
      properties.filter((p) => p.p === 'builtin').map((p) => p.name),
    );
    t.is(new Set(judged).size, judged.length, one.name);
    t.deepEqual(
      JUDGED.filter((name) => !judged.includes(name)),
      unjudged(one),
      one.name,
    );
  }
});

test('every entry of what is known belongs to a plan', (t) => {
  for (const name of Object.keys(KNOWN))
    t.true(
      head.some((one) => one.name === `rollout/head/${name}`),
      name,
    );
});

test('what the current release is known to break is broken', (t) => {
  for (const one of head) {
    if (one.expect !== 'holds') t.is(firstBreak(one, Infinity), one.expect.violates, one.name);
  }
});

test('nothing else is broken by a plan of the current release, as far as one run of each can tell', (t) => {
  for (const one of head.filter(({ expect }) => expect === 'holds')) t.is(firstBreak(one, 1), null, one.name);
});

/** The expected property if a run breaks it, any other one a run breaks without it, or null. */
function firstBreak(one: Scenario, mostRuns: number): string | null {
  const [from, to] = one.explore.seeds ?? [1, 1];
  const wanted = one.expect === 'holds' ? '' : one.expect.violates;
  for (let seed = from; seed <= Math.min(to, from + mostRuns - 1); seed++) {
    const { violations } = run(one, seedSource(String(seed)));
    if (violations.some(({ property }) => property === wanted)) return wanted;
    if (violations[0] !== undefined) return violations[0].property;
  }
  return null;
}
