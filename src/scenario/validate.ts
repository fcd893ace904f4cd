// What has to be true of a scenario before anything is run: names resolve, ranges run forwards, an expectation speaks
// of what is there. Every mistake found here is one that would otherwise be a scenario that passes because it tested
// nothing. Each error names the path of the value and what there is to choose from.
import { atomsOf } from '../gate/formula.ts';
import { GATE_POINTS } from '../gate/gate-point.ts';
import { sameBuild } from './build.ts';
import type { Build } from './build.ts';
import type { Cluster } from './cluster.ts';
import { durationMs } from './duration.ts';
import { inputError } from './place.ts';
import type { Plan } from './plan.ts';
import type { Property } from './properties.ts';
import type { Blame, ExpectedViolation, Explore, Scenario } from './scenario.ts';
import type { SubjectDefinition } from './subject.ts';
import { distinct, firstDuplicate, unknownName } from './suggest.ts';
import { got, wantNames, wantOptions, wantRange, wantWord } from './wants.ts';
import { buildOfStep, checkPlan, walkPlan } from './validate-plan.ts';

const MIX = ['exhaustive', 'dpor', 'pct:2', 'pct:3', 'pos', 'swarm'];
const BOUND = ['commits', 'crashes', 'memberChanges', 'depth'] as const;

/** All builds a plan names, each once, in order of appearance. @throws InputError SCN002 where one name has two builds */
export function buildsOf(plan: Plan): Build[] {
  const builds: Build[] = [];
  walkPlan(plan, (step, path) => {
    const build = buildOfStep(step);
    if (build === null) return;
    const known = builds.find((other) => other.name === build.name);
    if (known === undefined) builds.push(build);
    else if (!sameBuild(known, build)) {
      throw inputError('SCN002', `${path}: another build of this plan is named "${build.name}" too`, build);
    }
  });
  return builds;
}

/** Every place a gate of these builds may sit: the fixed points and all their RPCs. */
export function gatePointsOf(builds: readonly Build[]): string[] {
  return distinct([...GATE_POINTS, ...builds.flatMap((build) => Object.keys(build.subject.rpcs))]);
}

/** @throws InputError SCN002 to SCN009 for the first thing that is wrong */
export function checkScenario(s: Scenario): void {
  if (s.name === '') throw inputError('SCN009', 'name: a scenario needs a name');
  if (s.builds.length === 0) throw inputError('SCN009', 'plan: starts no build, so nothing would run', s.plan);
  checkPlan(s.plan, s.cluster, s.builds);
  for (const build of s.builds) {
    for (const formula of Object.values(build.gates)) checkGroupsAsked(build.subject, atomsOf(formula), s.cluster);
  }
  checkProperties(s.properties);
  checkExplore(s.explore);
  for (const limit of ['virtualMs', 'events'] as const) positive(s.limits[limit], `limits.${limit}`);
  if (s.expect !== 'holds') checkExpectation(s, s.expect);
}

/** Refuses an atom that asks the members of a group the cluster does not have. @throws InputError SCN003 */
export function checkGroupsAsked(subject: SubjectDefinition, atoms: readonly string[], cluster: Cluster): void {
  const groups = cluster.groups.map((group) => group.name);
  for (const name of atoms) {
    const atom = subject.atoms[name];
    if (atom?.seenBy !== 'asking' || typeof atom.who === 'string' || groups.includes(atom.who.of)) continue;
    throw inputError('SCN003', `subject.atoms.${name}.who.of: ${unknownName('group', atom.who.of, groups)}`);
  }
}

function checkProperties(properties: readonly Property[]): void {
  for (const [i, property] of properties.entries()) {
    if (typeof property !== 'object' || !('p' in property)) {
      throw inputError('SCN009', `properties[${i}]: wants never(…), always(…) and the like, got ${got(property)}`);
    }
    if (property.name === '') throw inputError('SCN009', `properties[${i}]: a property needs a name`);
    if (property.p === 'eventually' || property.p === 'leadsTo') {
      durationMs(property.within, `properties[${i}].within`);
    }
  }
  const twice = firstDuplicate(properties.map((property) => property.name));
  if (twice !== null) {
    throw inputError('SCN002', `properties[${twice.at}]: "${twice.name}" is already property ${twice.before}`);
  }
}

function checkExplore(explore: Explore): void {
  wantOptions('explore', explore, ['bound', 'seeds', 'mix', 'budget']);
  wantOptions('explore.bound', explore.bound, BOUND);
  if (explore.seeds !== undefined) wantRange('explore.seeds', explore.seeds);
  if (explore.mix !== undefined) wantNames('explore.mix', explore.mix);
  const [first, last] = explore.seeds ?? [1, 1];
  if (!(Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0)) {
    throw inputError('SCN009', `explore.seeds: wants two whole numbers, got [${first}, ${last}]`);
  }
  if (first > last) throw inputError('SCN009', `explore.seeds: runs backwards, from ${first} to ${last}`);
  for (const [i, name] of (explore.mix ?? []).entries()) {
    if (!MIX.includes(name)) throw inputError('SCN009', `explore.mix[${i}]: ${unknownName('strategy', name, MIX)}`);
  }
  for (const key of BOUND) {
    const value = explore.bound?.[key];
    if (value !== undefined) wholeNumber(value, `explore.bound.${key}`);
  }
  if (explore.budget !== undefined) durationMs(explore.budget, 'explore.budget');
}

function checkExpectation(s: Scenario, expect: ExpectedViolation): void {
  if (typeof expect === 'string') wantWord('expect', 'expectation', expect, ['holds']);
  wantOptions('expect', expect, ['violates', 'blames', 'witness', 'blast']);
  wantOptions('expect.witness', expect.witness, ['maxEvents']);
  wantOptions('expect.blast', expect.blast, ['groups', 'replicas']);
  const names = s.properties.map((property) => property.name);
  if (!names.includes(expect.violates)) {
    throw inputError('SCN007', `expect.violates: ${unknownName('property', expect.violates, names)}`);
  }
  const blames = expect.blames === undefined ? [] : [expect.blames].flat();
  blames.forEach((blame, i) =>
    checkBlame(s, blame as Blame, blames.length > 1 ? `expect.blames[${i}]` : 'expect.blames'),
  );
  if (expect.witness !== undefined) positive(expect.witness.maxEvents, 'expect.witness.maxEvents');
  const groups = s.cluster.groups.map((group) => group.name);
  for (const [i, group] of (expect.blast?.groups ?? []).entries()) {
    if (!groups.includes(group)) {
      throw inputError('SCN003', `expect.blast.groups[${i}]: ${unknownName('group', group, groups)}`);
    }
  }
  if (expect.blast?.replicas !== undefined) wholeNumber(expect.blast.replicas, 'expect.blast.replicas');
}

function checkBlame(s: Scenario, blame: Blame, path: string): void {
  if (blame === 'no admission gate') return;
  const points = gatePointsOf(s.builds);
  if (typeof blame !== 'object' || blame === null) {
    throw inputError('SCN009', `${path}: wants { atom }, { gatePoint } or 'no admission gate', got ${got(blame)}`);
  }
  wantOptions(path, blame, 'gatePoint' in blame ? ['gatePoint', 'build'] : ['atom', 'at']);
  if ('atom' in blame) {
    const atoms = distinct(s.builds.flatMap((build) => Object.keys(build.subject.atoms)));
    if (!atoms.includes(blame.atom)) {
      throw inputError('SCN005', `${path}.atom: ${unknownName('atom', blame.atom, atoms)}`);
    }
    if (blame.at !== undefined && !points.includes(blame.at)) {
      throw inputError('SCN006', `${path}.at: ${unknownName('gate point or RPC', blame.at, points)}`);
    }
    return;
  }
  if (!points.includes(blame.gatePoint)) {
    throw inputError('SCN006', `${path}.gatePoint: ${unknownName('gate point or RPC', blame.gatePoint, points)}`);
  }
  const builds = s.builds.map((build) => build.name);
  if (blame.build !== undefined && !builds.includes(blame.build)) {
    throw inputError('SCN008', `${path}.build: ${unknownName('build', blame.build, builds)}`);
  }
}

function wholeNumber(n: number, path: string): void {
  if (!Number.isSafeInteger(n) || n < 0)
    throw inputError('SCN009', `${path}: wants a whole number, 0 or more, got ${n}`);
}

function positive(n: number, path: string): void {
  if (!Number.isSafeInteger(n) || n < 1)
    throw inputError('SCN009', `${path}: wants a whole number, 1 or more, got ${n}`);
}
