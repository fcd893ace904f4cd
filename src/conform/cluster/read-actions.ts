// What was done to a recorded cluster, one action after the other. An action is known by its verb, wherever the recorder wrote it
// down; one nobody knows makes the case unfit, with its words as the reason.
import { fields, first, list, nodesIn, sortedKeys, text } from './fields.ts';
import type { Fields, Json } from './fields.ts';
import { readCalls, rpcOfWord, targetOf } from './read-calls.ts';
import { readNode } from './read-nodes.ts';
import type { RecordedAction, RecordedNode } from './recorded.ts';

type Verb = Exclude<RecordedAction['do'], 'call' | 'unknown'>;

/** Verbs that are no RPC of the contract. The order matters: "restart" contains "start". */
const VERBS: readonly (readonly [words: RegExp, verb: Verb])[] = [
  [/^(redis[ -]?set|raw[ -]?put|kv[ -]?put|writes?)\b|^(set|puts?)( key\b.*)?$/i, 'write'],
  [/^(redis[ -]?get|raw[ -]?get|kv[ -]?get|reads?)\b|^gets?( key\b.*)?$/i, 'read'],
  [/restart/i, 'restart'],
  [/^(kill|crash|sigkill)/i, 'kill'],
  [/^(stop|sigterm|shut-?down)/i, 'stop'],
  [/(restore|put-?back|roll-?back|replace).*(sidecar|keys\.json)/i, 'restoreSidecar'],
  [/(keep|copy|save|back-?up).*(sidecar|keys\.json)/i, 'keepSidecar'],
  [/(lose|delete|remove|drop|rm).*(sidecar|keys\.json)/i, 'loseSidecar'],
  [/(lose|delete|remove|drop|rm).*kek/i, 'loseKek'],
  [/^(start|boot(?!strap))/i, 'start'],
  [/promote/i, 'promote'],
  [/(add|join).*learner|learner.*(add|join)/i, 'join'],
  [/(add|join).*voter|add-?(server|member|node)|^(add|join)\b/i, 'joinAsVoter'],
  [/(remove|delete).*(member|server|node|voter|learner)|^(remove|delete)\b/i, 'remove'],
  [/compact|snapshot/i, 'compact'],
  [/transfer/i, 'transfer'],
  [/^(wait|sleep|settle)/i, 'wait'],
  [/^(look|status|observe|collect|check|inspect|raft-?status|nodes|after)\b/i, 'look'],
];

/** What a cluster's actions may speak of. */
export interface Cast {
  readonly nodes: readonly string[];
  readonly groups: readonly number[];
}

/** Reads one action; a call to several nodes is one for each. */
export function readActions(json: Json, cast: Cast): RecordedAction[] {
  const action = typeof json === 'string' ? { do: json } : fields(json);
  const name = (
    text(first(action, 'rpc', 'op', 'action', 'do', 'step', 'kind', 'type', 'call', 'method', 'name')) ?? ''
  ).trim();
  const rpc = rpcOfWord(name);
  if (rpc !== null) return readCalls(rpc, action, cast.nodes);
  const phrase = name.replaceAll('_', '-').replace(/^.*\/(?=[A-Za-z-]+$)/, '');
  const verb = VERBS.find(([words]) => words.test(phrase))?.[1];
  if (verb === undefined) return [{ do: 'unknown', what: name === '' ? JSON.stringify(action).slice(0, 60) : name }];
  return [readVerb(verb, action, `${name} ${targetOf(action)}`, cast)];
}

function readVerb(verb: Verb, action: Fields, phrase: string, { nodes, groups }: Cast): RecordedAction {
  const named = nodesIn(phrase, nodes);
  const group = Number(/group[ _-]?(\d+)/i.exec(phrase)?.[1] ?? text(action['group']) ?? groups[0] ?? 1);
  const whom = named.length > 0 ? named : nodes;
  switch (verb) {
    case 'write':
      return { do: 'write', node: named[0] ?? null, group, ok: okOf(action), count: countOf(action, phrase) };
    case 'read':
      return { do: 'read', node: named[0] ?? null, group, ok: foundOf(action) };
    case 'restart':
    case 'start':
      return { do: verb, nodes: whom, ...comesBackAs(action), seen: seenOf(action, whom, groups) };
    case 'stop':
    case 'kill':
      return { do: verb, nodes: whom };
    case 'look':
      return { do: 'look', seen: seenOf(action, nodes, groups) };
    case 'compact':
      return { do: 'compact', group };
    case 'transfer':
      return { do: 'transfer', group, to: memberOf(action, phrase, nodes) };
    case 'wait':
      return { do: 'wait', forMs: waitOf(action, phrase) };
    case 'join':
    case 'joinAsVoter':
    case 'promote':
    case 'remove': {
      const node = memberOf(action, phrase, nodes);
      return node === null
        ? { do: 'unknown', what: `${verb} of an unnamed node` }
        : { do: verb, node, group, ok: okOf(action) };
    }
    default:
      return named[0] === undefined
        ? { do: 'unknown', what: `${verb} of an unnamed node` }
        : { do: verb, node: named[0] };
  }
}

/** Whom a membership change is about: not the leader it is sent to. */
function memberOf(action: Fields, phrase: string, nodes: readonly string[]): string | null {
  const request = { ...action, ...fields(first(action, 'request', 'args', 'params', 'req')) };
  const names = [
    'id',
    'server_id',
    'member',
    'learner',
    'voter',
    'node_id',
    'new_node',
    'raft_id',
    'joiner',
    'target_id',
  ];
  const told = text(first(request, ...names, 'candidate_id', 'to', 'node'));
  if (told !== null && nodes.includes(told)) return told;
  const named = nodesIn(phrase, nodes);
  return named.find((name) => !new RegExp(`leader\\W+${name}\\b`).test(phrase)) ?? named[0] ?? null;
}

function comesBackAs(action: Fields): {
  readonly commit: string | null;
  readonly flags: readonly string[] | null;
  readonly kek: string | null;
} {
  const flags = first(action, 'flags', 'new_flags', 'with_flags');
  return {
    commit: text(first(action, 'commit', 'build', 'new_commit', 'as', 'stage', 'version')),
    flags: flags === undefined ? null : flagList(flags),
    kek: text(first(action, 'kek', 'new_kek')),
  };
}

/** Flags as a list, whatever they are written as. */
export function flagList(json: Json | undefined): string[] {
  if (typeof json === 'string') return json.split(/\s+/).filter((flag) => flag !== '');
  if (Array.isArray(json)) return list(json).map((flag) => text(flag) ?? '');
  const table = fields(json);
  return sortedKeys(table).flatMap((name) => {
    const flag = name.startsWith('--') ? name : `--${name}`;
    const value = table[name];
    if (value === false || value === null || value === '') return [];
    return value === true ? [flag] : [flag, text(value) ?? ''];
  });
}

function countOf(action: Fields, phrase: string): number {
  return Number(
    text(first(action, 'count', 'n', 'times')) ?? /\b(\d+)\s*(writes|puts|sets|keys)/i.exec(phrase)?.[1] ?? 1,
  );
}

function waitOf(action: Fields, phrase: string): number {
  return 1000 * Number(text(first(action, 'seconds', 's', 'for_s', 'wait_s')) ?? /[\d.]+/.exec(phrase)?.[0] ?? 2);
}

function outcomeOf(action: Fields): Json | undefined {
  return first(action, 'result', 'response', 'reply', 'outcome', 'ok');
}

function okOf(action: Fields): boolean | null {
  const result = outcomeOf(action);
  if (typeof result === 'boolean') return result;
  const inside = first(fields(result), 'code', 'status', 'reply', 'redis_set', 'ok');
  if (typeof inside === 'boolean') return inside;
  const word = text(result) ?? text(inside);
  return word === null ? null : /^\+?OK/i.test(word);
}

/** Whether a read was answered at all: with a value, or with the word that there is none. */
function foundOf(action: Fields): boolean | null {
  const result = outcomeOf(action);
  if (typeof result === 'boolean') return result;
  const word = text(result) ?? text(first(fields(result), 'code', 'status', 'reply', 'redis_get', 'error'));
  return word === null ? null : !/^-|timeout|deadline|unavailable|internal|failed|error/i.test(word);
}

function seenOf(action: Fields, nodes: readonly string[], groups: readonly number[]): Map<string, RecordedNode> {
  const result = fields(first(action, 'after', 'result', 'outcome', 'per_node', 'seen', 'nodes_after'));
  const seen = new Map<string, RecordedNode>();
  for (const name of nodes) {
    if (result[name] !== undefined) seen.set(name, readNode(result[name], groups, null));
    else if (nodes.length === 1 && sortedKeys(result).length > 0) seen.set(name, readNode(result, groups, null));
  }
  return seen;
}
