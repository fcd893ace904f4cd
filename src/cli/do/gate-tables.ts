// `raftgate gate list` and `gate explain`: gates as they stand in the builds of scenarios. Everything printed is
// rendered from the gate itself; there is no second text that could say something else.
import { InputError } from '../../base/errors.ts';
import { GATES } from '../../admin/gates.ts';
import { STAGES } from '../../admin/stages.ts';
import { explainGate } from '../../gate/explain.ts';
import { atomsOf, type Formula } from '../../gate/formula.ts';
import { textOf } from '../../gate/text.ts';
import { labelled } from '../../report/layout.ts';
import { foldHelp } from '../help-text.ts';
import type { Build } from '../../scenario/build.ts';
import { nearest } from '../../scenario/suggest.ts';
import { encryption } from '../../subjects/encryption.ts';
import type { Cli } from '../cli.ts';
import type { ReportFlags } from '../commands/common.ts';
import type { GateExplainFlags } from '../commands/gate.ts';
import { discover } from '../discover.ts';
import type { Loaded } from '../load-scenarios.ts';
import { scenarioOf } from '../only.ts';
import { Reporting } from '../reporting.ts';

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

/** A gate under study that stands by itself: it has a name, and builds may hold it or not. */
interface StudiedGate {
  readonly name: string;
  readonly at: string;
  readonly formula: Formula;
  readonly heldBy: readonly string[];
}

/** The gates that the rollout had or was offered, the refuted ones too. */
function studiedGates(): StudiedGate[] {
  const { atoms } = encryption.definition;
  return GATES.map(({ name, formula }) => {
    const asks = atomsOf(formula).some((atom) => atoms[atom]?.seenBy === 'asking');
    const joins = atomsOf(formula).includes('joinerCapable');
    const held = (where: string, by: 'mutators' | 'fanout'): string[] => {
      const stages = STAGES.filter((stage) => stage[by].name === name).map((stage) => stage.name);
      return stages.length === 0 ? [] : [`${where} of ${stages.join(', ')}`];
    };
    const at = joins ? 'join' : asks ? 'BootstrapEncryption' : 'wire';
    return { name, at, formula, heldBy: [...held('wire', 'mutators'), ...held('the cutovers', 'fanout')] };
  });
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
  const studied = patterns.length === 0 ? studiedGates() : [];
  const reporting = new Reporting(this, flags);
  for (const { name, formula } of studied) {
    const subject = encryption.definition.name;
    reporting.record({ kind: 'gate', name, subject, build: null, at: null, gate: textOf(formula) });
    reporting.text(labelled(name, textOf(formula), 1, NAME_COLUMN));
  }
  for (const gate of gates) {
    const { name, build, at, formula, scenarios } = gate;
    const subject = build.subject.name;
    reporting.record({ kind: 'gate', name, subject, build: build.name, at, gate: textOf(formula), scenarios });
    reporting.text(gateLines(gate, flags.quiet));
  }
  reporting.close(true);
}

/** A gate in two columns, who can see its atoms below. */
function gateLines(gate: PlacedGate, quiet: boolean): string[] {
  const head = gate.name.length <= NAME_COLUMN - 2 ? [] : [` ${gate.name}`];
  const formula = labelled(head.length === 0 ? gate.name : '', textOf(gate.formula), 1, NAME_COLUMN);
  const atoms = seenBy(gate);
  return [...head, ...formula, ...(quiet || atoms === '' ? [] : labelled('', atoms, 1, NAME_COLUMN + 2))];
}

/** @throws InputError CLI002 if no gate bears the name */
function named(gates: readonly PlacedGate[], name: string, where: string | undefined): PlacedGate[] {
  const chosen = gates.filter((gate) => gate.name === name || gate.build.name === name || gate.at === name);
  if (chosen.length > 0) return chosen;
  const known = gates.flatMap((gate) => [gate.name, gate.at, gate.build.name]);
  const meant = nearest(name, [...known, ...studiedGates().map((gate) => gate.name)]);
  const hint = meant === null ? 'raftgate gate list shows all' : `did you mean ${meant}?`;
  const elsewhere = where === undefined ? ' (--scenario names a file that is not under scenarios/)' : '';
  throw new InputError('CLI002', `there is no gate "${name}"; ${hint}${elsewhere}`);
}

/** What is explained of a gate. */
interface Explained {
  readonly name: string;
  readonly at: string;
  readonly formula: Formula;
  readonly atoms: Build['subject']['atoms'];
  readonly usedIn: readonly string[];
}

function explainOne(cli: Cli, reporting: Reporting, { name, at, formula, atoms, usedIn }: Explained): void {
  const facts = atomsOf(formula).map((atom) => ({ atom, seenBy: atoms[atom]?.seenBy ?? null }));
  reporting.record({ kind: 'gate', name, at, gate: textOf(formula), atoms: facts });
  reporting.text([
    cli.paint.bold(` ${name}`),
    foldHelp(explainGate(formula, at, atoms)),
    ...labelled('used in', usedIn.length === 0 ? 'no build' : usedIn.join(', '), 1, 12),
    '',
  ]);
}

/** `raftgate gate explain NAME` */
export async function gateExplain(this: Cli, flags: GateExplainFlags, name: string): Promise<void> {
  const { atoms } = encryption.definition;
  const { scenario } = flags;
  const studied = scenario === undefined ? studiedGates().filter((gate) => gate.name === name) : [];
  const within = studied.length > 0 ? [] : await discover(scenario === undefined ? [] : [scenario], this.cwd);
  const placed = studied.length > 0 ? [] : named(placedGates(within), name, scenario);
  const reporting = new Reporting(this, flags);
  for (const { at, formula, heldBy } of studied)
    explainOne(this, reporting, { name, at, formula, atoms, usedIn: heldBy });
  for (const { build, scenarios, ...gate } of placed)
    explainOne(this, reporting, { ...gate, atoms: build.subject.atoms, usedIn: scenarios });
  reporting.close(true);
}
