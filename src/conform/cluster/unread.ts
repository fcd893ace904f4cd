// What a recording tells and nothing here compares, by name: a case that passes must not seem to have been held to it. Prose and
// measurements that differ between two runs of one case are not told of again.
import { fields, list, sortedKeys } from './fields.ts';
import type { Fields, Json } from './fields.ts';

/** Of a case: what is read, and what only says in other words what is read or differs from run to run. */
const CASE = new Set([
  ...['id', 'name', 'kind', 'title', 'commit', 'commits', 'build', 'builds', 'stage', 'stages', 'nodes', 'flags'],
  ...['kek', 'keks', 'learner', 'learners', 'roles', 'suffrages', 'leader', 'leaders', 'env', 'topology', 'voters'],
  ...['actions', 'steps', 'events', 'capability', 'capability_after_halt', 'capability_after', 'halted_nodes'],
  ...['after', 'after_actions', 'final', 'after_restart', 'after_restart_all', 'restart_all', 'log_evidence'],
  ...['restart_log', 'sidecar', 'sidecars', 'keys_json', 'sidecar_after', 'round', 'outcome', 'restart_outcome'],
  ...['wall_s', 'raft_before', 'restart_halts_at_same_index', 'duplicate_full_node_id_across_nodes', 'note', 'notes'],
  ...['reports_per_full_node_id', 'about', 'date'],
]);

/** Of one node, the same. */
const NODE = new Set([
  ...['process', 'status', 'proc', 'alive', 'exited', 'exit', 'exit_code', 'raft', 'engine', 'halted', 'redis_set'],
  ...['raw_put', 'kv_put', 'put', 'set', 'write', 'sidecar', 'keys_json', 'keys.json', 'sidecar_json', 'sidecar_file'],
  ...[
    'sidecar_after',
    'log_evidence',
    'log',
    'logs',
    'error',
    'refusal',
    'exit_error',
    'stderr',
    'redis_ping',
    'stop_exit',
  ],
  ...[
    'halt_index',
    'halt_entry_indexes',
    'halt_index_after_restart',
    'redis_get',
    'role',
    'state',
    'leader',
    'pid',
    'ms',
  ],
]);
const NODE_BY_GROUP = /^(group\d+|(redis_set|redis_get|raw_put|raw_get)_group\d+_key)$/;

/** Names of a case's fields, and of its nodes' fields, that nothing reads; each once. */
export function unreadNames(c: Fields): string[] {
  const names = sortedKeys(c).filter((name) => !CASE.has(name));
  for (const table of ['after', 'after_actions', 'final', 'after_restart', 'after_restart_all', 'restart_all']) {
    for (const node of Object.values(fields(c[table]))) names.push(...unreadOfNode(table, node));
  }
  return [...new Set(names)];
}

function unreadOfNode(table: string, node: Json): string[] {
  return list(node)
    .flatMap((one) => sortedKeys(fields(one)))
    .filter((name) => !NODE.has(name) && !NODE_BY_GROUP.test(name))
    .map((name) => `${table}.${name}`);
}
