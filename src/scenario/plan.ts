// What operators and clients do, as data: printed as a tree before a run, enumerated by the search, shrunk node by node.
// A procedure could do none of these.
import type { Duration } from '../gate/atom.ts';
import { wantBuild } from './build.ts';
import type { Build } from './build.ts';
import { inputError, placed } from './place.ts';
import { got, wantName, wantNames, wantOptions, wantRange, wantTexts, wantWord } from './wants.ts';

/** A node name (its first group), the leader of a group, or one node's listener of a group. */
export type Target =
  | string
  | { readonly t: 'leader'; readonly group: string }
  | { readonly t: 'listener'; readonly node: string; readonly group: string };

export interface CallOptions {
  readonly to?: Target;
  readonly args?: Readonly<Record<string, string>>;
}

export interface RollingOptions {
  readonly order?: 'any' | 'given';
  /** How many nodes are done when the roll-out stops: drawn from [least, most]; default all. */
  readonly stopAfter?: readonly [number, number];
  /** How many nodes may go back to what they ran before, in all. */
  readonly mayRollBack?: number;
}

/** What one operation of an exercise may be. */
export const EXERCISES = [
  'propose',
  'read',
  'transfer',
  'reconfigure',
  'compact',
  'forgetLeader',
  'unreachable',
] as const;
export type Exercise = (typeof EXERCISES)[number];

export interface ExerciseOptions {
  /** How many operations: drawn from [least, most]. */
  readonly operations: readonly [number, number];
  /** How often each kind comes, as whole weights; a kind that is not named never does. */
  readonly mix: Readonly<Partial<Record<Exercise, number>>>;
  /** Pause between two operations at most; default 20 ms. */
  readonly pause?: Duration;
  /** Bytes of a proposal at most; default 24. */
  readonly bytes?: number;
}

export type Plan =
  | { readonly plan: 'seq'; readonly steps: readonly Plan[] }
  | { readonly plan: 'par'; readonly branches: readonly Plan[] }
  | { readonly plan: 'anyOrder'; readonly steps: readonly Plan[] }
  | { readonly plan: 'maybe'; readonly step: Plan }
  | { readonly plan: 'times'; readonly least: number; readonly most: number; readonly step: Plan }
  | { readonly plan: 'start'; readonly build: Build; readonly nodes: readonly string[] | null }
  | { readonly plan: 'restart'; readonly node: string; readonly as: Build | null }
  | {
      readonly plan: 'rolling';
      readonly nodes: readonly string[];
      readonly to: Build;
      readonly order: 'any' | 'given';
      readonly stopAfter: readonly [number, number];
      readonly mayRollBack: number;
    }
  | {
      readonly plan: 'call';
      readonly rpc: string;
      readonly to: Target | null;
      readonly args: Readonly<Record<string, string>>;
    }
  | { readonly plan: 'write'; readonly group: string; readonly kv: Readonly<Record<string, string>> | null }
  | {
      readonly plan: 'addLearner' | 'promote' | 'removeMember';
      readonly node: string;
      readonly groups: readonly string[];
    }
  | { readonly plan: 'replaceNode'; readonly node: string; readonly as: Build | null }
  | { readonly plan: 'transferLeadership'; readonly group: string; readonly to: string | null }
  | { readonly plan: 'compact'; readonly group: string }
  | { readonly plan: 'crash' | 'stop'; readonly node: string }
  | {
      readonly plan: 'exercise';
      readonly group: string;
      readonly least: number;
      readonly most: number;
      readonly mix: Readonly<Partial<Record<Exercise, number>>>;
      readonly pause: Duration;
      readonly bytes: number;
    }
  | { readonly plan: 'disk'; readonly act: DiskAct; readonly node: string; readonly file: string | null }
  | { readonly plan: 'crashWriting'; readonly node: string; readonly after: number }
  | { readonly plan: 'settle'; readonly for: Duration | null }
  | { readonly plan: 'wait'; readonly for: Duration };

/** What an operator does to a disk by hand; a copy that is kept is one at a time, of the disk and of each file. */
export type DiskAct = 'keep' | 'restore' | 'keepFile' | 'restoreFile' | 'loseFile';

/** @throws InputError SCN009 where the value is no step of a plan */
export function wantStep(path: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && 'plan' in value && typeof value.plan === 'string') return;
  throw inputError('SCN009', `${path}: wants a step (start, call, write, seq, par …), got ${got(value)}`);
}

function stepsOf(word: string, steps: readonly Plan[]): readonly Plan[] {
  steps.forEach((step, i) => wantStep(`${word}: step ${i + 1}`, step));
  return steps;
}

/** The build a step may be given to start on. */
function asBuild(word: string, options: { readonly as?: Build }): Build | null {
  if ('subject' in options) throw inputError('SCN009', `${word}: a build to start on is given as { as: build }`);
  const { as } = wantOptions(word, options, ['as']);
  if (as !== undefined) wantBuild(`${word}.as`, as);
  return as ?? null;
}

/** The groups a membership step names under its preposition. */
function groupsIn(word: string, node: string, options: object, preposition: 'to' | 'in' | 'from'): readonly string[] {
  wantName(`${word}.node`, node);
  const groups = wantOptions<Readonly<Record<string, unknown>>>(word, { ...options }, [preposition])[preposition];
  wantNames(`${word}.${preposition}`, groups);
  return groups as readonly string[];
}

/** Whoever leads the group when the call is made. */
export function leaderOf(group: string): Target {
  wantName('leaderOf', group);
  return { t: 'leader', group };
}

/** The listener of one group on one node. */
export function listener(node: string, group: string): Target {
  return { t: 'listener', node, group };
}

/** One after the other. */
export function seq(...steps: Plan[]): Plan {
  return placed({ plan: 'seq', steps: stepsOf('seq', steps) });
}

/** Side by side: the steps of the branches interleave in every way. */
export function par(...branches: Plan[]): Plan {
  return placed({ plan: 'par', branches: stepsOf('par', branches) });
}

/** One after the other, in an order drawn from the tape. */
export function anyOrder(...steps: Plan[]): Plan {
  return placed({ plan: 'anyOrder', steps: stepsOf('anyOrder', steps) });
}

/** The step, or nothing. */
export function maybe(step: Plan, ...more: never[]): Plan {
  wantStep('maybe', step);
  if (more.length > 0) throw inputError('SCN009', 'maybe: takes one step; write maybe(seq(…))');
  return placed({ plan: 'maybe', step });
}

/** The step, as often as drawn from [least, most]. */
export function times(range: readonly [number, number], step: Plan, ...more: never[]): Plan {
  wantRange('times', range);
  wantStep('times', step);
  if (more.length > 0) throw inputError('SCN009', 'times: takes one step; write times([…], seq(…))');
  const [least, most] = range;
  return placed({ plan: 'times', least, most, step });
}

/** Starts a build on the named nodes; by default on every node of the cluster, members of a group or not. */
export function start(build: Build, nodes?: readonly string[]): Plan {
  wantBuild('start', build);
  if (nodes !== undefined) wantNames('start.nodes', nodes);
  return placed({ plan: 'start', build, nodes: nodes ?? null });
}

/** An orderly stop and start, on another build if one is given. */
export function restart(node: string, options: { readonly as?: Build } = {}): Plan {
  wantName('restart.node', node);
  return placed({ plan: 'restart', node, as: asBuild('restart', options) });
}

/** Restarts the nodes on a new build, one at a time. */
export function rolling(nodes: readonly string[], to: Build, options: RollingOptions = {}): Plan {
  wantNames('rolling.nodes', nodes);
  wantBuild('rolling.to', to);
  wantOptions('rolling', options, ['order', 'stopAfter', 'mayRollBack']);
  if (options.order !== undefined) wantWord('rolling.order', 'order', options.order, ['any', 'given']);
  if (options.stopAfter !== undefined) wantRange('rolling.stopAfter', options.stopAfter);
  return placed({
    plan: 'rolling',
    nodes,
    to,
    order: options.order ?? 'given',
    stopAfter: options.stopAfter ?? [nodes.length, nodes.length],
    mayRollBack: options.mayRollBack ?? 0,
  });
}

/** Adds a node to groups as a learner, one change each, through the leader's `join` gate. */
export function addLearner(node: string, options: { readonly to: readonly string[] }): Plan {
  return placed({ plan: 'addLearner', node, groups: groupsIn('addLearner', node, options, 'to') });
}

/** Makes learners voters, through the leader's `promote` gate. */
export function promote(node: string, options: { readonly in: readonly string[] }): Plan {
  return placed({ plan: 'promote', node, groups: groupsIn('promote', node, options, 'in') });
}

/** Takes a node out of groups. */
export function removeMember(node: string, options: { readonly from: readonly string[] }): Plan {
  return placed({ plan: 'removeMember', node, groups: groupsIn('removeMember', node, options, 'from') });
}

/** The old machine is gone for good; an empty one joins under its name. */
export function replaceNode(node: string, options: { readonly as?: Build } = {}): Plan {
  wantName('replaceNode.node', node);
  return placed({ plan: 'replaceNode', node, as: asBuild('replaceNode', options) });
}

/** Forces a snapshot and a log compaction on every replica of the group. */
export function compact(group: string): Plan {
  wantName('compact.group', group);
  return placed({ plan: 'compact', group });
}

/** Hands the group's leadership to another voter, drawn from the tape. */
export function transferLeadership(group: string, options: { readonly to?: string } = {}): Plan {
  wantName('transferLeadership.group', group);
  wantOptions('transferLeadership', options, ['to']);
  return placed({ plan: 'transferLeadership', group, to: options.to ?? null });
}

/** One KV write through the leader of a group; key and value are drawn if not given. */
export function write(group: string, kv?: Readonly<Record<string, string>>): Plan {
  wantName('write.group', group);
  if (kv !== undefined) wantTexts('write.kv', kv);
  return placed({ plan: 'write', group, kv: kv ?? null });
}

/** Takes a node down without warning (what was not synced may be lost); `restart` brings it back. */
export function crash(node: string): Plan {
  return placed({ plan: 'crash', node });
}

/** The node goes down right after its n-th change of a side file from now, in the middle of whatever that was; the plan goes on. */
export function crashWriting(node: string, options: { readonly after: number }): Plan {
  return placed({ plan: 'crashWriting', node, after: options.after });
}

/** An orderly stop that lasts; `restart` brings the node back. */
export function stop(node: string): Plan {
  return placed({ plan: 'stop', node });
}

/** An operator copies a node's whole disk, as a backup does. */
export function keepDisk(node: string): Plan {
  return placed({ plan: 'disk', act: 'keep', node, file: null });
}

/** Puts the copy of a node's whole disk back; a node that runs goes down for it, and `restart` brings it back. */
export function restoreDisk(node: string): Plan {
  return placed({ plan: 'disk', act: 'restore', node, file: null });
}

/** Copies one side file. */
export function keepFile(node: string, file: string): Plan {
  return placed({ plan: 'disk', act: 'keepFile', node, file });
}

/** Puts the copy of one side file back, under a process that runs as well as under none. */
export function restoreFile(node: string, file: string): Plan {
  return placed({ plan: 'disk', act: 'restoreFile', node, file });
}

/** One side file is gone. */
export function loseFile(node: string, file: string): Plan {
  return placed({ plan: 'disk', act: 'loseFile', node, file });
}

/** Waits until nothing is outstanding, at most for the given time (default 5 s). */
export function settle(duration?: Duration): Plan {
  return placed({ plan: 'settle', for: duration ?? null });
}

/** Lets time pass, whatever is or is not outstanding: what processes do by themselves now and then gets its turn. */
export function wait(duration: Duration): Plan {
  return placed({ plan: 'wait', for: duration });
}

/**
 * Uses a group at the Raft layer, past gates and RPCs: drawn operations at drawn nodes, one after the other, none of them
 * waited for. Who believes to lead is asked, also where another leads by now.
 */
export function exercise(group: string, options: ExerciseOptions): Plan {
  const [least, most] = options.operations;
  const { mix, pause = '20ms', bytes = 24 } = options;
  return placed({ plan: 'exercise', group, least, most, mix, pause, bytes });
}

const DISK_WORDS: Readonly<Record<DiskAct, string>> = {
  keep: 'copy the disk of',
  restore: 'put back the disk of',
  keepFile: 'copy',
  restoreFile: 'put back',
  loseFile: 'lose',
};

/** What is done to a disk, as a phrase. */
export function diskWords({ act, node, file }: Plan & { readonly plan: 'disk' }): string {
  return file === null ? `${DISK_WORDS[act]} ${node}` : `${DISK_WORDS[act]} ${file} of ${node}`;
}
