// `raftgate gate list` and `gate explain`: gates as they stand in the builds of scenarios. Everything printed is
// rendered from the gate itself; there is no second text that could say something else.
import { InputError } from '../../base/errors.ts';
import { explainGate } from '../../gate/explain.ts';
import { atomsOf, type Formula } from '../../gate/formula.ts';
import { textOf } from '../../gate/text.ts';
import { labelled } from '../../report/layout.ts';
import { foldHelp } from '../help-text.ts';
import { jsonLine } from '../../report/records.ts';
import type { Build } from '../../scenario/build.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { nearest } from '../../scenario/suggest.ts';
import type { Cli } from '../cli.ts';
import type { ReportFlags } from '../commands/common.ts';
import { discover } from '../discover.ts';
import type { Loaded } from '../load-scenarios.ts';

/** Where formulas begin. */
const NAME_COLUMN = 36;

/** One gate of one build, and the scenarios in which the build runs. */
export interface PlacedGate {
  /** `build@point`. */
  readonly name: string;
  readonly build: Build;
  readonly at: string;
  readonly formula: Formula;
  readonly scenarios: readonly string[];
}

/** The scenario that a question asks about when its gate is left open. */
function scenarioOf({ scenario }: Loaded): Scenario {
  return scenario.kind === 'scenario' ? scenario : scenario.with('open');
}

/** Every gate of every build of some scenarios; equal gates of builds of one name are one. */
export function placedGates(loaded: readonly Loaded[]): PlacedGate[] {
  const found = new Map<string, PlacedGate>();
  for (const one of loaded) {
    for (const build of scenarioOf(one).builds) {
      for (const at of Object.keys(build.gates)) {
        const formula = build.gates[at];
        if (formula === undefined) continue;
        const key = `${build.subject.name} ${build.name}@${at} ${textOf(formula)}`;
        const scenarios = [...new Set([...(found.get(key)?.scenarios ?? []), one.scenario.name])];
        found.set(key, { name: `${build.name}@${at}`, build, at, formula, scenarios });
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Who can see each atom of a gate: `kekFileSet (self)`. */
function seenBy(gate: PlacedGate): string {
  const atoms = gate.build.subject.atoms;
  return atomsOf(gate.formula)
    .map((name) => `${name} (${atoms[name]?.seenBy ?? 'unknown'})`)
    .join(', ');
}

/** `raftgate gate list [PATTERN…]` */
export async function gateList(this: Cli, flags: ReportFlags, ...patterns: string[]): Promise<void> {
  const gates = placedGates(await discover(patterns, this.cwd));
  if (flags.reporter.includes('jsonl')) {
    for (const { name, build, at, formula, scenarios } of gates) {
      const subject = build.subject.name;
      this.out(jsonLine({ kind: 'gate', name, subject, build: build.name, at, gate: textOf(formula), scenarios }));
    }
    return;
  }
  for (const gate of gates) this.out(`${gateLines(gate, flags.quiet).join('\n')}\n`);
}

/** A gate in two columns, who can see its atoms below. */
function gateLines(gate: PlacedGate, quiet: boolean): string[] {
  const head = gate.name.length <= NAME_COLUMN - 2 ? [] : [` ${gate.name}`];
  const formula = labelled(head.length === 0 ? gate.name : '', textOf(gate.formula), 1, NAME_COLUMN);
  const atoms = seenBy(gate);
  return [...head, ...formula, ...(quiet || atoms === '' ? [] : labelled('', atoms, 1, NAME_COLUMN + 2))];
}

/** @throws InputError CLI002 if no gate bears the name */
function named(gates: readonly PlacedGate[], name: string): PlacedGate[] {
  const chosen = gates.filter((gate) => gate.name === name || gate.build.name === name || gate.at === name);
  if (chosen.length > 0) return chosen;
  const meant = nearest(
    name,
    gates.map((gate) => gate.name),
  );
  const hint = meant === null ? 'see raftgate gate list' : `did you mean ${meant}?`;
  throw new InputError('CLI002', `there is no gate "${name}"; ${hint}`);
}

/** `raftgate gate explain NAME` */
export async function gateExplain(this: Cli, flags: ReportFlags, name: string): Promise<void> {
  for (const gate of named(placedGates(await discover([], this.cwd)), name)) {
    const { atoms } = gate.build.subject;
    if (flags.reporter.includes('jsonl')) {
      const facts = atomsOf(gate.formula).map((atom) => ({ atom, seenBy: atoms[atom]?.seenBy ?? null }));
      this.out(jsonLine({ kind: 'gate', name: gate.name, at: gate.at, gate: textOf(gate.formula), atoms: facts }));
      continue;
    }
    this.out(`${this.paint.bold(` ${gate.name}`)}\n${foldHelp(explainGate(gate.formula, gate.at, atoms))}\n`);
    this.out(` ${'used in'.padEnd(10)} ${gate.scenarios.join(', ')}\n\n`);
  }
}
