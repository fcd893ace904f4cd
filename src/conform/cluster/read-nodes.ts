// What a recorder saw of each node: is the process there, did an engine stop, does a write go through. Recorders name these in
// their own ways; one that says nothing leaves nothing to compare.
import { fields, first, list, sortedKeys, text } from './fields.ts';
import type { Fields, Json } from './fields.ts';
import type { RecordedNode } from './recorded.ts';

const STOPPED = /SHUTDOWN|HALT/i;
const WORKED = /^\+?OK$/i;

/** Reads a table of nodes by name. */
export function readNodes(
  table: Fields,
  groups: readonly number[],
  haltedNames: readonly string[] | null,
): Map<string, RecordedNode> {
  const nodes = new Map<string, RecordedNode>();
  for (const name of sortedKeys(table))
    nodes.set(name, readNode(table[name], groups, haltedNames?.includes(name) ?? null));
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
    const engine = seen[`group${group}`] ?? (groups.length === 1 ? first(seen, 'raft', 'engine') : undefined);
    const state = text(first(fields(engine), 'state', 'role')) ?? text(engine);
    if (state !== null) halted.set(group, STOPPED.test(state));
    else if (inHaltedList !== null) halted.set(group, inHaltedList);
    else if (seen['halted'] !== undefined) halted.set(group, seen['halted'] === true);
    const write = text(first(seen, `raw_put_group${group}_key`, 'redis_set', 'raw_put', 'kv_put', 'write'));
    if (write !== null && write !== 'Unknown') writes.set(group, WORKED.test(write));
  }
  return { alive: aliveOf(seen), halted, writes };
}

/** Groups a table of nodes tells of; group 1 where it names none. */
export function groupsOf(table: Fields): number[] {
  const groups = new Set<number>();
  for (const name of sortedKeys(table)) {
    for (const key of sortedKeys(fields(table[name]))) {
      const group = /^group(\d+)$/.exec(key)?.[1];
      if (group !== undefined) groups.add(Number(group));
    }
  }
  return groups.size === 0 ? [1] : [...groups].sort((a, b) => a - b);
}

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
  return seen['exit_code'] !== undefined && seen['exit_code'] !== null ? false : null;
}

function fromPhrase(phrase: string, groups: readonly number[]): RecordedNode {
  const halted = new Map(groups.map((group) => [group, /halted/i.test(phrase)] as const));
  const gone = /exited|refused|not running|dead/i.test(phrase);
  return { alive: gone ? false : /alive|serving|running/i.test(phrase) ? true : null, halted, writes: new Map() };
}
