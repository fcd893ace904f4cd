// What a recorder saw of each node: is the process there, did an engine stop, does a write go through, what is in its sidecar, what
// did it say. Recorders name these in their own ways; one that says nothing leaves nothing to compare.
import { fields, first, list, sortedKeys, text } from './fields.ts';
import type { Fields, Json } from './fields.ts';
import { readSidecarView } from './read-sidecar.ts';
import type { RecordedNode, SeenSidecar } from './recorded.ts';

const STOPPED = /SHUTDOWN|HALT/i;
const WORKED = /^\+?OK$/i;
const SIDECAR_NAMES = ['sidecar', 'keys_json', 'keys.json', 'sidecar_json', 'sidecar_file', 'sidecar_after'] as const;

/** Tables beside that of the nodes which tell of them too, by node. */
export interface Beside {
  /** Names in a list of halted nodes; null where there is no such list. */
  readonly halted: readonly string[] | null;
  readonly sidecars: Fields;
  readonly logs: Fields;
}

export const NOTHING_BESIDE: Beside = { halted: null, sidecars: {}, logs: {} };

/** Reads a table of nodes by name. */
export function readNodes(table: Fields, groups: readonly number[], beside: Beside): Map<string, RecordedNode> {
  const nodes = new Map<string, RecordedNode>();
  const names = [...new Set([...sortedKeys(table), ...sortedKeys(beside.sidecars)])];
  for (const name of names) {
    const seen = readNode(table[name], groups, beside.halted?.includes(name) ?? null);
    const sidecar = seen.sidecar ?? readSidecarView(beside.sidecars[name]);
    nodes.set(name, { ...seen, sidecar, reasons: [...seen.reasons, ...linesOf(beside.logs[name])] });
  }
  return nodes;
}

/** Reads what was seen of one node; it may be a phrase. */
export function readNode(
  json: Json | undefined,
  groups: readonly number[],
  inHaltedList: boolean | null,
): RecordedNode {
  if (typeof json === 'string') return fromPhrase(json, groups);
  const seen = fields(json);
  const halted = new Map<number, boolean>();
  const writes = new Map<number, boolean>();
  for (const group of groups) {
    const isDefault = group === groups[0];
    const engine = seen[`group${group}`] ?? (isDefault ? first(seen, 'raft', 'engine') : undefined);
    const state = text(first(fields(engine), 'state', 'role')) ?? text(engine);
    if (state !== null) halted.set(group, STOPPED.test(state));
    else if (inHaltedList !== null) halted.set(group, inHaltedList);
    else if (seen['halted'] !== undefined) halted.set(group, seen['halted'] === true);
    const write = writeOf(first(seen, `raw_put_group${group}_key`, ...(isDefault ? WRITES : [])));
    if (write !== null) writes.set(group, write);
  }
  return { alive: aliveOf(seen), halted, writes, sidecar: sidecarOf(seen), reasons: reasonsOf(seen) };
}

const WRITES = ['redis_set', 'raw_put', 'kv_put', 'put', 'set', 'write'] as const;

function writeOf(json: Json | undefined): boolean | null {
  if (typeof json === 'boolean') return json;
  const word = text(json) ?? text(first(fields(json), 'code', 'status', 'reply', 'result'));
  return word === null || word === 'Unknown' ? null : WORKED.test(word);
}

/** Groups a recording tells of, in names of fields and in whom a call goes to; group 1 where it names none. */
export function groupsOf(recording: Json): number[] {
  const groups = new Set<number>([1]);
  const visit = (json: Json | undefined): void => {
    if (Array.isArray(json)) for (const one of json as readonly Json[]) visit(one);
    const here = fields(json);
    for (const name of sortedKeys(here)) {
      const word = text(here[name]) ?? '';
      const told = NAMES_A_GROUP.includes(name) ? word.replace(/^\d+$/, 'group$&') : name;
      for (const [, group] of told.matchAll(/group[ _]?(\d{1,3})(?!\d)/g)) groups.add(Number(group));
      visit(here[name]);
    }
  };
  visit(recording);
  groups.delete(0);
  return [...groups].sort((a, b) => a - b);
}

const NAMES_A_GROUP = ['target', 'listener', 'at', 'on', 'group', 'group_id', 'raft_group', 'topology'];

/** Names in a list of halted nodes; null where there is no such list. */
export function haltedList(c: Fields): string[] | null {
  return c['halted_nodes'] === undefined ? null : list(c['halted_nodes']).map((name) => text(name) ?? '');
}

function aliveOf(seen: Fields): boolean | null {
  const process = first(seen, 'process', 'status', 'proc');
  if (typeof process === 'boolean') return process;
  const word = text(process) ?? text(fields(process)['state']);
  if (word !== null) return /alive|running|serving|up\b/i.test(word);
  if (typeof seen['alive'] === 'boolean') return seen['alive'];
  if (seen['exited'] === true) return false;
  const exit = first(seen, 'exit_code', 'exit');
  return exit !== undefined ? false : null;
}

function sidecarOf(seen: Fields): SeenSidecar | null {
  const name = SIDECAR_NAMES.find((one) => seen[one] !== undefined);
  return name === undefined ? null : readSidecarView(seen[name]);
}

/** Log lines, and the words a start was refused with. */
function reasonsOf(seen: Fields): string[] {
  return ['log_evidence', 'log', 'logs', 'error', 'refusal', 'exit_error', 'stderr'].flatMap((name) =>
    linesOf(seen[name]),
  );
}

/** Log lines as they read without the quoting of the logger. */
function linesOf(json: Json | undefined): string[] {
  return list(json).flatMap((line) => {
    const words = text(line);
    return words === null ? [] : [words.replaceAll('\\"', '"')];
  });
}

function fromPhrase(phrase: string, groups: readonly number[]): RecordedNode {
  const halted = new Map(groups.map((group) => [group, /halted/i.test(phrase)] as const));
  const gone = /exited|refused|not running|dead/i.test(phrase);
  const alive = gone ? false : /alive|serving|running/i.test(phrase) ? true : null;
  return { alive, halted, writes: new Map(), sidecar: null, reasons: [] };
}
