// Recordings of real clusters, read into one shape whatever their layout: one group or several, one build or another on each node,
// flags as lists or tables, actions under whatever name. What cannot be understood is a reason to skip the case.
import { InputError } from '../../base/errors.ts';
import { fields, first, list, listener, nodesIn, sortedKeys, text } from './fields.ts';
import type { Fields, Json } from './fields.ts';
import { flagList, readActions } from './read-actions.ts';
import { readCliCase } from './read-cli.ts';
import { groupsOf, haltedList, NOTHING_BESIDE, readNodes } from './read-nodes.ts';
import type { Beside } from './read-nodes.ts';
import type { RecordedAction, RecordedReports, Recording } from './recorded.ts';
import { unreadNames } from './unread.ts';

export type { RecordedAction, RecordedCall, RecordedNode, Recording } from './recorded.ts';

/** Reads the cases of a recording file. @throws InputError CLI003 if it is no such file */
export function readRecordings(text: string, file: string): Recording[] {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    throw new InputError('CLI003', `not JSON: ${error instanceof Error ? error.message : ''}`, { file });
  }
  const cases = Array.isArray(json) ? json : first(fields(json), 'cases', 'recordings', 'clusters');
  if (!Array.isArray(cases))
    throw new InputError('CLI003', 'no "cases" list: this is no recording of clusters', { file });
  return cases.map((one: Json, i: number) => readCase(fields(one), i));
}

function readCase(c: Fields, i: number): Recording {
  const id = text(first(c, 'id', 'name')) ?? `case ${i + 1}`;
  if (
    /CLI/i.test(text(c['kind']) ?? '') ||
    (c['steps'] !== undefined && c['flags'] === undefined && c['nodes'] === undefined)
  ) {
    return readCliCase(id, c);
  }
  const nodes = nodesOf(c);
  const after = fields(first(c, 'after', 'after_actions', 'final'));
  const groups = groupsOf(c);
  const cast = { nodes, groups };
  const actions = list(first(c, 'actions', 'steps', 'events')).flatMap((one) => readActions(one, cast));
  const flags = flagsOf(c, nodes);
  const founders = nodes.filter((node) => !joinsFirst(actions, node));
  return {
    id,
    nodes,
    founders,
    groups,
    commits: commitsOf(c, nodes),
    flags,
    keks: keksOf(c, nodes, flags, id),
    learners: learnersOf(c, nodes).filter((node) => founders.includes(node)),
    leaders: leadersOf(c),
    snapshotEvery: snapshotEveryOf(c, nodes),
    capability: reportsOf(c['capability']),
    actions,
    after: readNodes(after, groups, besideOf(c)),
    capabilityAfter: reportsOf(first(c, 'capability_after_halt', 'capability_after')),
    afterRestart: afterRestartOf(c, groups),
    unfit: unfitReason(c, nodes, actions),
    unread: unreadNames(c),
  };
}

/** Whether a node comes to the cluster by a change of members; one that is removed and added again was there before. */
function joinsFirst(actions: readonly RecordedAction[], node: string): boolean {
  const change = actions.find((one) => 'node' in one && one.node === node && /join|remove/i.test(one.do));
  return change !== undefined && change.do !== 'remove';
}

/** Reports by listener; a node's own reports may be a table by group. */
function reportsOf(json: Json | undefined): RecordedReports {
  return Object.entries(fields(json)).flatMap(([where, report]) => {
    const byGroup = sortedKeys(fields(report)).filter((name) => /^group\d+$/.test(name));
    if (byGroup.length === 0) return [{ ...listener(where), report }];
    return byGroup.map((group) => ({ ...listener(`${where}/${group}`), report: fields(report)[group]! }));
  });
}

function besideOf(c: Fields): Beside {
  const sidecars = fields(first(c, 'sidecars', 'sidecar', 'keys_json', 'sidecar_after'));
  return { halted: haltedList(c), sidecars, logs: fields(c['log_evidence']) };
}

/** What a restart of all led to; the recorder may have looked twice, the second time at more. */
function afterRestartOf(c: Fields, groups: readonly number[]): Recording['afterRestart'] {
  const table = first(c, 'after_restart_all', 'after_restart', 'restart_all');
  if (table === undefined) return null;
  const during = readNodes(fields(c['restart_all']), groups, NOTHING_BESIDE);
  const settled = readNodes(fields(table), groups, { ...NOTHING_BESIDE, logs: fields(c['restart_log']) });
  const nodes = [...settled].map(([name, node]) => {
    const reasons = [...(during.get(name)?.reasons ?? []), ...node.reasons];
    return [name, { ...node, reasons }] as const;
  });
  return new Map(nodes);
}

/** The store's own switch for how many entries make a snapshot. */
function snapshotEveryOf(c: Fields, nodes: readonly string[]): number {
  const tables = [
    fields(c['env']),
    ...nodes.flatMap((node) => [fields(byNode(c, node, 'env')), fields(fields(c['env'])[node])]),
  ];
  const told = tables.map((env) => text(env['ELASTICKV_RAFT_SNAPSHOT_COUNT'])).find((count) => count !== null);
  return Number(told ?? text(first(c, 'snapshot_count', 'snapshot_every')) ?? 0) || 0;
}

/** A table by node: `flags: {n1: …}`, or inside `nodes: {n1: {flags: …}}`. */
function byNode(c: Fields, node: string, ...names: readonly string[]): Json | undefined {
  const own = fields(fields(c['nodes'])[node]);
  const table = names.map((name) => fields(c[name])[node]).find((one) => one !== undefined);
  return table ?? first(own, ...names.map((name) => name.replace(/s$/, '')), ...names);
}

function nodesOf(c: Fields): string[] {
  const listed = Array.isArray(c['nodes'])
    ? list(c['nodes']).map((one) => text(one) ?? text(first(fields(one), 'id', 'name')) ?? '')
    : sortedKeys(fields(c['nodes']));
  const tables = ['flags', 'commits', 'builds', 'stages', 'after'].flatMap((name) => sortedKeys(fields(c[name])));
  const names = [...new Set([...listed, ...tables])].filter((name) => name !== '' && name !== 'default');
  return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function flagsOf(c: Fields, nodes: readonly string[]): Map<string, string[]> {
  const common =
    Array.isArray(c['flags']) || typeof c['flags'] === 'string' ? c['flags'] : fields(c['flags'])['default'];
  return new Map(nodes.map((node) => [node, flagList(byNode(c, node, 'flags') ?? common)]));
}

function commitsOf(c: Fields, nodes: readonly string[]): Map<string, string> {
  const common = text(first(c, 'commit', 'build', 'stage')) ?? text(fields(c['commits'])['default']);
  const entries = nodes.map((node) => {
    const own = text(byNode(c, node, 'commits', 'builds', 'stages', 'versions', 'commit', 'build', 'stage'));
    return [node, own ?? common] as const;
  });
  return new Map(entries.filter((entry): entry is readonly [string, string] => entry[1] !== null));
}

function learnersOf(c: Fields, nodes: readonly string[]): string[] {
  const listed = list(first(c, 'learners', 'learner')).flatMap((one) => nodesIn(text(one) ?? '', nodes));
  const own = nodes.filter((node) => /learner/i.test(text(byNode(c, node, 'roles', 'suffrages')) ?? ''));
  return [...new Set([...listed, ...own])];
}

/** Which KEK each node has: told, or read off file names that differ, or off a title that says so of one node. */
function keksOf(
  c: Fields,
  nodes: readonly string[],
  flags: ReadonlyMap<string, readonly string[]>,
  id: string,
): Map<string, string> {
  const files = new Map(nodes.map((node) => [node, kekFileOf(flags.get(node) ?? [])]));
  const names = [...files.values()].filter((name) => name !== null);
  const common = names.find((name) => names.filter((other) => other === name).length > names.length / 2) ?? names[0];
  const title = `${id} ${text(c['topology']) ?? ''} ${text(c['title']) ?? ''}`;
  const keks = new Map<string, string>();
  for (const node of nodes) {
    const told = text(byNode(c, node, 'keks', 'kek'));
    const differs = files.get(node) !== null && files.get(node) !== common;
    const titled = new RegExp(
      `${node}[^a-z0-9]*(has )?(an?)?[^a-z0-9]*(other|wrong|different|foreign)[^a-z0-9]*kek`,
      'i',
    ).test(title);
    if (told !== null) keks.set(node, told);
    else if (differs || titled) keks.set(node, `of ${node}`);
  }
  return keks;
}

function kekFileOf(flags: readonly string[]): string | null {
  const at = flags.findIndex((flag) => flag === '--kekFile' || flag.startsWith('--kekFile='));
  if (at < 0) return null;
  const path = flags[at]!.includes('=') ? flags[at]!.slice(flags[at]!.indexOf('=') + 1) : (flags[at + 1] ?? '');
  return path.split('/').at(-1) ?? path;
}

function leadersOf(c: Fields): Map<number, string> {
  const leader = text(c['leader']);
  if (leader !== null && leader !== '') return new Map([[1, leader]]);
  const entries = Object.entries(fields(c['leaders']));
  return new Map(entries.map(([group, name]) => [Number(group.replace(/\D/g, '')) || 1, text(name) ?? '']));
}

function unfitReason(c: Fields, nodes: readonly string[], actions: readonly RecordedAction[]): string | null {
  if (nodes.length === 0) return 'the recording names no nodes';
  if (commitsOf(c, nodes).size === 0) return 'the recording names no commit';
  const told = actions.flatMap((action) => ('node' in action && action.node !== null ? [action.node] : []));
  const unnamed = told.find((node) => !nodes.includes(node));
  if (unnamed !== undefined) return `an action is about ${unnamed}, which is none of the nodes`;
  const unknown = actions.find((action) => action.do === 'unknown');
  return unknown === undefined ? null : `action "${unknown.what}" is not modelled`;
}
