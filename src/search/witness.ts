// A violation as the few steps a reviewer reads: what operators did, which gate let what pass, which entry reached whom,
// who halted. Everything that costs nothing is left out; every step names its node, its entry and its reason.
import { textOf } from '../gate/text.ts';
import type { Tape } from '../sim/kernel/choices.ts';
import { causeFingerprint } from './cause.ts';
import { cuesOf, type Cue } from './cues.ts';
import type { Broken, Searched } from './exhaustive.ts';
import { HALTED, LOG, type Content, type Model } from './model/model.ts';
import { Move } from './model/moves.ts';
import { haltReason } from './model/view.ts';
import { endOf, retell, type Told } from './retell.ts';

export type StepKind =
  | 'start'
  | 'upgrade'
  | 'rollBack'
  | 'restart'
  | 'crash'
  | 'stop'
  | 'replace'
  | 'member'
  | 'snapshot'
  | 'install'
  | 'admit'
  | 'append'
  | 'commit'
  | 'apply'
  | 'halt'
  | 'elect';

/** One essential step. */
export interface EssentialStep {
  /** From 1. */
  readonly n: number;
  readonly kind: StepKind;
  readonly node: string;
  /** Empty where the step is no group's own. */
  readonly group: string;
  /** Log index of the entry concerned; 0 for none. */
  readonly index: number;
  /** Name of the entry concerned; empty for none. */
  readonly entry: string;
  /** The RPC that an admission answered; empty for anything else, and for a KV write. */
  readonly rpc: string;
  /** The build the node runs after the step. */
  readonly build: string;
  /** The cell of a step table. */
  readonly text: string;
  /** What the gate saw, or why it was no obstacle; empty where no gate stood. */
  readonly why: string;
}

export interface Witness {
  readonly property: string;
  /** Which replica breaks it, as a sentence. */
  readonly says: string;
  /** A halt's reason, else the kind of the property. */
  readonly code: string;
  readonly steps: readonly EssentialStep[];
  /** What operators do, what came to nothing included. */
  readonly cues: readonly Cue[];
  /** No violation of this property takes fewer essential steps: shown by exhaustion. */
  readonly minimal: boolean;
  readonly confirmed: 'confirmed' | 'not confirmed' | 'not tried';
  readonly tape: Tape | null;
  /** Equal for violations with the same cause. */
  readonly fingerprint: string;
}

const KINDS: Readonly<Partial<Record<Move, StepKind>>> = {
  [Move.Start]: 'start',
  [Move.Upgrade]: 'upgrade',
  [Move.RollBack]: 'rollBack',
  [Move.Restart]: 'restart',
  [Move.Crash]: 'crash',
  [Move.Stop]: 'stop',
  [Move.Lose]: 'replace',
  [Move.Member]: 'member',
  [Move.Admit]: 'admit',
  [Move.Append]: 'append',
  [Move.Install]: 'install',
  [Move.Commit]: 'commit',
  [Move.Apply]: 'apply',
  [Move.Halt]: 'halt',
  [Move.Elect]: 'elect',
  [Move.Snapshot]: 'snapshot',
};

/** The witness for a state that breaks a property. */
export function witnessOf(searched: Searched, broken: Broken): Witness {
  const property = searched.checks.safety[broken.property]!;
  const told = retell(searched, broken.state);
  const steps = stepsOf(searched, told);
  const last = endOf(searched, told);
  const halted = haltedOf(searched.system.model, last);
  const code = halted === null ? property.p : halted.reason;
  const says =
    halted === null
      ? `${property.p} "${property.name}" is broken`
      : `${halted.node} (${halted.build}) halted in ${halted.group} at ${halted.index}: ${halted.reason}`;
  return {
    property: property.name,
    says,
    code,
    steps,
    cues: cuesOf(searched.system, told),
    minimal: searched.why === null || broken.depth < searched.depth,
    confirmed: 'not tried',
    tape: null,
    fingerprint: causeFingerprint(property.name, code, halted?.entry ?? '', halted?.build ?? ''),
  };
}

/** Where an entry stands in the log; the leader's first entry of its term lies before all others of the model. */
export type IndexOf = (t: Told) => number;
const MODEL_INDEX: IndexOf = ({ detail }) => detail + 1;

/** The essential steps of a retold run. @param indexOf log index of the entry a move is about */
export function stepsOf(
  searched: Pick<Searched, 'system'>,
  told: readonly Told[],
  indexOf: IndexOf = MODEL_INDEX,
): EssentialStep[] {
  const steps: EssentialStep[] = [];
  for (const t of told) {
    if (t.cost === 2) steps.push(electionBefore(searched, t, steps.length + 1));
    if (t.cost >= 1) steps.push(stepOf(searched, t, steps.length + 1, indexOf));
  }
  return steps;
}

/** The change of leader that a move rests on. */
function electionBefore(searched: Pick<Searched, 'system'>, t: Told, n: number): EssentialStep {
  const { model } = searched.system;
  const leader = model.leader(t.after, t.group);
  const group = model.groups[t.group]?.name ?? '';
  const build = model.builds[model.build(t.after, leader)]?.name ?? '';
  const text = `elected leader of ${group}`;
  return {
    n,
    kind: 'elect',
    node: model.nodes[leader] ?? '',
    group,
    index: 0,
    entry: '',
    rpc: '',
    build,
    text,
    why: '',
  };
}

function stepOf(searched: Pick<Searched, 'system'>, t: Told, n: number, indexOf: IndexOf): EssentialStep {
  const { model } = searched.system;
  const kind = KINDS[t.move] ?? 'start';
  const entryMove = t.move === Move.Admit || t.move === Move.Append || t.move === Move.Apply || t.move === Move.Halt;
  const position = entryMove || t.move === Move.Commit ? t.detail : 0;
  const entry = position === 0 ? '' : entryName(model, t.after, t.group, t.node, position);
  const build = model.builds[model.build(t.after, t.node)]?.name ?? '';
  const index = position === 0 ? 0 : indexOf(t);
  const step = {
    n,
    kind,
    node: model.nodes[t.node] ?? '',
    group: model.groups[t.group]?.name ?? '',
    index,
    entry,
    rpc: t.move === Move.Admit ? (rpcOf(model, t) ?? '') : '',
    build,
  };
  return { ...step, text: textFor(model, t, step, indexOf), why: whyOf(searched, t) };
}

function entryName(model: Model, s: Uint8Array, group: number, node: number, position: number): string {
  const replica = model.groups[group]!.replicaOf[node]!;
  return contentName(model, model.content(group, s[model.replicaAt[replica]! + LOG + position - 1]!));
}

/** What an entry is called in a table. */
export function contentName(model: Model, content: Content): string {
  if (content.kind === 'op') return content.op;
  return content.kind === 'write' ? 'write' : `${content.change} ${model.nodes[content.node] ?? ''}`;
}

function textFor(model: Model, t: Told, step: Omit<EssentialStep, 'text' | 'why'>, indexOf: IndexOf): string {
  const { index, entry, build, group } = step;
  switch (t.move) {
    case Move.Upgrade:
      return `upgrade to ${build}`;
    case Move.RollBack:
      return `ROLL BACK to ${build}`;
    case Move.Restart:
      return 'restart';
    case Move.Crash:
      return 'crash and restart';
    case Move.Stop:
      return 'stop';
    case Move.Lose:
      return 'its machine is lost for good';
    case Move.Member:
      return memberText(model, t, build);
    case Move.Admit:
      return `${entry} admitted -> ${group}/${index}`;
    case Move.Append:
      return `append ${index} (${entry})`;
    case Move.Install:
      return `install snapshot up to ${indexOf(t)}`;
    case Move.Commit:
      return `commit ${index}`;
    case Move.Apply:
      return `apply ${index} (${entry})`;
    case Move.Halt:
      return `HALT at ${index} (${entry}): ${reasonOf(model, t)}`;
    case Move.Elect:
      return `elected leader of ${group}`;
    case Move.Snapshot:
      return `snapshot up to ${indexOf(t)}`;
    default:
      return `start ${build}`;
  }
}

/** A membership change in words; who replaces a lost machine starts empty, under its name, right before it is added. */
function memberText(model: Model, t: Told, build: string): string {
  const action = model.plan.tree.nodes[t.detail]!.action;
  const change = action?.do === 'member' ? action.change : 'addLearner';
  const group = model.groups[t.group]!.name;
  if (action?.do === 'member' && action.replaces && change === 'addLearner')
    return `starts empty as ${build}, a learner of ${group}`;
  const words = { addLearner: 'added as a learner of', promote: 'promoted in', removeMember: 'removed from' };
  return `${words[change]} ${group}`;
}

function reasonOf(model: Model, t: Told): string {
  return haltReason(model, t.after, model.groups[t.group]!.replicaOf[t.node]!);
}

/** What the gate of a step saw. */
function whyOf(searched: Pick<Searched, 'system'>, t: Told): string {
  const { model, gates } = searched.system;
  const at = gatePointOf(model, t);
  if (at === null) return '';
  const deciding = t.move === Move.Member ? model.leader(t.after, t.group) : t.node;
  const build =
    t.move === Move.Admit || t.move === Move.Member ? model.build(t.before, deciding) : model.build(t.after, t.node);
  const gate = gates.gateOf(build, at);
  const name = model.builds[build]?.name ?? '';
  if (gate === null) return t.move === Move.Admit ? 'gate: none, nothing was asked' : `${at} gate: none in ${name}`;
  if (gate.formula === null) return `${at} gate of ${name}: in question`;
  return `${at === 'startup' ? 'startup gate' : 'gate'}: ${textOf(gate.formula)}`;
}

function gatePointOf(model: Model, t: Told): string | null {
  if (t.move === Move.Member) {
    const action = model.plan.tree.nodes[t.detail]!.action;
    if (action?.do !== 'member' || action.change === 'removeMember') return null;
    return action.change === 'addLearner' ? 'join' : 'promote';
  }
  if (t.move === Move.RollBack || t.move === Move.Restart || t.move === Move.Crash) return 'startup';
  if (t.move !== Move.Admit) return null;
  return rpcOf(model, t) ?? null;
}

/** The RPC whose call an admission answered; undefined for a write. */
export function rpcOf(model: Model, t: Told): string | undefined {
  const action = model.plan.tree.nodes[t.leaf]?.action;
  return action?.do === 'call' ? action.rpc : undefined;
}

/** The replica that has halted, the first in order; null for none. */
export function haltedOf(
  model: Model,
  s: Uint8Array,
): {
  readonly node: string;
  readonly group: string;
  readonly build: string;
  readonly index: number;
  readonly reason: string;
  readonly entry: string;
} | null {
  for (const [r, replica] of model.replicas.entries()) {
    const at = model.replicaAt[r]!;
    if (s[at + HALTED] === 0) continue;
    const position = s[at + 3]! + 1;
    return {
      node: model.nodes[replica.node]!,
      group: model.groups[replica.group]!.name,
      build: model.builds[model.build(s, replica.node)]!.name,
      index: position + 1,
      reason: haltReason(model, s, r),
      entry: entryName(model, s, replica.group, replica.node, position),
    };
  }
  return null;
}
