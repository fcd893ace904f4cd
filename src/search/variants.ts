// Scenarios that differ from another in one thing: a gate at a point of a build, or no roll-backs. Blame, repair and
// mutation are all questions of the form "and if only this were different?".
import type { Atom } from '../gate/atom.ts';
import type { Formula } from '../gate/formula.ts';
import type { Build } from '../scenario/build.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** The scenario with another gate at a point of one build. Null: no gate. */
export function withGate(scenario: Scenario, build: string, at: string, gate: Formula | null): Scenario {
  const builds = scenario.builds.map((b) => (b.name === build ? withGateAt(b, at, gate) : b));
  const swap = (b: Build): Build => builds.find((other) => other.name === b.name) ?? b;
  return { ...scenario, builds, plan: mapPlan(scenario.plan, (step) => withBuilds(step, swap)) };
}

function withGateAt(build: Build, at: string, gate: Formula | null): Build {
  const rest = Object.fromEntries(Object.entries(build.gates).filter(([point]) => point !== at));
  return { ...build, gates: gate === null ? rest : { ...rest, [at]: gate } };
}

function withBuilds(step: Plan, swap: (build: Build) => Build): Plan {
  switch (step.plan) {
    case 'start':
      return { ...step, build: swap(step.build) };
    case 'rolling':
      return { ...step, to: swap(step.to) };
    case 'restart':
    case 'replaceNode':
      return { ...step, as: step.as === null ? null : swap(step.as) };
    default:
      return step;
  }
}

/** The scenario in which no node goes back. */
export function withoutRollBacks(scenario: Scenario): Scenario {
  const plan = mapPlan(scenario.plan, (step) => (step.plan === 'rolling' ? { ...step, mayRollBack: 0 } : step));
  return { ...scenario, plan };
}

/** A plan with every step changed, innermost first. */
export function mapPlan(plan: Plan, change: (step: Plan) => Plan): Plan {
  switch (plan.plan) {
    case 'seq':
    case 'anyOrder':
      return change({ ...plan, steps: plan.steps.map((step) => mapPlan(step, change)) });
    case 'par':
      return change({ ...plan, branches: plan.branches.map((branch) => mapPlan(branch, change)) });
    case 'maybe':
    case 'times':
      return change({ ...plan, step: mapPlan(plan.step, change) });
    default:
      return change(plan);
  }
}

/** The scenario in which atoms of the subject are other ones. */
export function withAtoms(scenario: Scenario, atoms: Readonly<Record<string, Atom>>): Scenario {
  const old = scenario.builds[0]!.subject;
  const subject = { ...old, atoms: { ...old.atoms, ...atoms } };
  const swapped = scenario.builds.map((build) => ({ ...build, subject }));
  const swap = (build: Build): Build => swapped.find((other) => other.name === build.name) ?? build;
  return { ...scenario, builds: swapped, plan: mapPlan(scenario.plan, (step) => withBuilds(step, swap)) };
}
