// What was done to a recorded cluster, one action after the other. An action is known by its verb, wherever the recorder wrote it
// down; one nobody knows makes the case unfit, with its words as the reason.
import { fields, first, list, listener, nodesIn, sortedKeys, text } from './fields.ts';
import type { Fields, Json } from './fields.ts';
import { readNode } from './read-nodes.ts';
import type { RecordedAction, RecordedCall, RecordedNode } from './recorded.ts';

/** RPCs by the words recorders use for them: the contract's names, and those of the command line. */
const RPCS: readonly (readonly [words: RegExp, rpc: string])[] = [
  [/^(get-?capability|capability)$/i, 'GetCapability'],
  [/^(get-?sidecar-?state|sidecar-?state)$/i, 'GetSidecarState'],
  [/^(resync-?sidecar|resync)$/i, 'ResyncSidecar'],
  [/^(bootstrap-?encryption|bootstrap)$/i, 'BootstrapEncryption'],
  [/^(rotate-?dek|rotate)$/i, 'RotateDEK'],
  [/^(register-?encryption-?writer|register-?writer|register)$/i, 'RegisterEncryptionWriter'],
  [/^(enable-?storage-?envelope|storage-?cutover)$/i, 'EnableStorageEnvelope'],
  [/^(enable-?raft-?envelope|raft-?cutover)$/i, 'EnableRaftEnvelope'],
];

/** Other verbs. The order matters: "restart" contains "start". */
const VERBS: readonly (readonly [words: RegExp, verb: Exclude<RecordedAction['do'], 'call' | 'unknown'>])[] = [
  [/^(redis[ -]?set|raw[ -]?put|kv[ -]?put|writes?)\b|^(set|put)( key\S*)?$/i, 'write'],
  [/restart/i, 'restart'],
  [/^(kill|crash|sigkill)/i, 'kill'],
  [/^(stop|sigterm|shut-?down)/i, 'stop'],
  [/^(start|boot)/i, 'start'],
  [/promote/i, 'promote'],
  [/(add|join).*learner|learner.*(add|join)/i, 'join'],
  [/(add|join).*voter|add-?(server|member|node)|^join$/i, 'joinAsVoter'],
  [/(remove|delete).*(member|server|node|voter|learner)/i, 'remove'],
  [/(lose|delete|remove|drop).*(sidecar|keys\.json)/i, 'loseSidecar'],
  [/(lose|delete|remove|drop).*kek/i, 'loseKek'],
  [/compact|snapshot/i, 'compact'],
  [/transfer/i, 'transfer'],
  [/^(wait|sleep|settle)/i, 'wait'],
];

/** Reads one action. @param nodes names it may speak of */
export function readAction(json: Json, nodes: readonly string[], groups: readonly number[]): RecordedAction {
  const action = typeof json === 'string' ? { do: json } : fields(json);
  const name = (
    text(first(action, 'rpc', 'op', 'action', 'do', 'step', 'kind', 'type', 'call', 'method')) ?? ''
  ).trim();
  const word = name
    .replace(/^.*[/.](?=[A-Za-z-]+$)/, '')
    .split(/[\s(]/)[0]!
    .replaceAll('_', '-');
  const rpc = RPCS.find(([words]) => words.test(word))?.[1];
  if (rpc !== undefined) return readCall(rpc, action);
  const phrase = name.replaceAll('_', '-');
  const verb = VERBS.find(([words]) => words.test(phrase))?.[1];
  if (verb === undefined) return { do: 'unknown', what: name === '' ? JSON.stringify(action).slice(0, 60) : name };
  return readVerb(verb, action, `${name} ${targetOf(action)}`, nodes, groups);
}

function targetOf(action: Fields): string {
  const target = first(action, 'target', 'node', 'nodes', 'to', 'on', 'at', 'who');
  return list(target)
    .map((one) => text(one) ?? '')
    .join(' ');
}

function readCall(rpc: string, action: Fields): RecordedCall {
  const target = targetOf(action);
  const result = fields(first(action, 'result', 'response', 'reply', 'answer') ?? action);
  const where = /[A-Za-z0-9_-]*\d+(\/group\d+)?/.exec(target.replace(/group\d+(?!\S*\/)/, ''))?.[0] ?? '';
  const { node, group } = listener(/[A-Za-z0-9_-]+\/group\d+/.exec(target)?.[0] ?? where);
  return {
    do: 'call',
    rpc,
    node: node === '' ? null : node,
    group,
    toLeader: target.includes('leader'),
    args: argsOf(rpc, action),
    code: text(first(result, 'code', 'status', 'grpc_code')) ?? '',
    message: text(first(result, 'msg', 'message', 'error', 'desc')) ?? '',
    answer: { ...result, ...fields(first(result, 'body', 'response', 'fields', 'answer')) },
  };
}

/** Request fields, by the names recorders may use, and the command's own name for each. */
const ARGS: readonly (readonly [arg: string, ...names: string[]])[] = [
  ['storageDekId', 'storage_dek_id', 'storageDekId'],
  ['raftDekId', 'raft_dek_id', 'raftDekId'],
  ['dekId', 'new_dek_id', 'dek_id', 'newDekId', 'dekId'],
  ['epoch', 'proposer_local_epoch', 'local_epoch', 'epoch'],
  ['fullNodeId', 'full_node_id', 'fullNodeId'],
  ['proposer', 'proposer_node_id', 'proposerNodeId', 'caller_full_node_id'],
  ['material', 'material'],
  ['kek', 'kek', 'wrapped_under'],
];

function argsOf(rpc: string, action: Fields): Record<string, string> {
  const request = { ...action, ...fields(first(action, 'request', 'args', 'params', 'req')) };
  const args: Record<string, string> = {};
  for (const [arg, ...names] of ARGS) {
    const value = text(first(request, ...names));
    if (value !== null) args[arg] = value;
  }
  const purpose = text(request['purpose']);
  if (purpose !== null) args['purpose'] = /raft|^2$/i.test(purpose) ? 'raft' : 'storage';
  const writers = writersOf(first(request, 'writer_batch', 'writers', 'writer'));
  if (writers !== null && rpc === 'BootstrapEncryption') args['writers'] = writers;
  if (writers !== null && rpc === 'RegisterEncryptionWriter') [args['fullNodeId'], args['epoch']] = pairOf(writers);
  return args;
}

function pairOf(writers: string): [id: string, epoch: string] {
  const [id = '0', epoch = '0'] = writers.split(',')[0]!.split(':');
  return [id, epoch];
}

/** `id:epoch` pairs; null: as the command finds them out itself. */
function writersOf(json: Json | undefined): string | null {
  const phrase = text(json);
  if (phrase !== null) return /\d+:\d+(,\s*\d+:\d+)*/.exec(phrase)?.[0].replaceAll(' ', '') ?? null;
  const pairs = list(json).map((one) => {
    const entry = fields(one);
    const id = text(first(entry, 'full_node_id', 'id')) ?? text(one)?.split(':')[0];
    return id === undefined
      ? null
      : `${id}:${text(first(entry, 'local_epoch', 'epoch')) ?? text(one)?.split(':')[1] ?? '0'}`;
  });
  return pairs.length > 0 && pairs.every((pair) => pair !== null) ? pairs.join(',') : null;
}

function readVerb(
  verb: Exclude<RecordedAction['do'], 'call' | 'unknown'>,
  action: Fields,
  phrase: string,
  nodes: readonly string[],
  groups: readonly number[],
): RecordedAction {
  const named = nodesIn(phrase, nodes);
  const group = Number(/group(\d+)/.exec(phrase)?.[1] ?? text(action['group']) ?? groups[0] ?? 1);
  const whom = named.length > 0 ? named : nodes;
  switch (verb) {
    case 'write':
      return { do: 'write', node: named[0] ?? null, group, ok: okOf(action) };
    case 'restart':
    case 'start': {
      const flags = first(action, 'flags', 'new_flags');
      const seen = seenOf(action, whom, groups);
      const commit = text(first(action, 'commit', 'build', 'new_commit'));
      return { do: verb, nodes: whom, commit, flags: flags === undefined ? null : flagList(flags), seen };
    }
    case 'stop':
    case 'kill':
      return { do: verb, nodes: whom };
    case 'compact':
      return { do: 'compact', group };
    case 'transfer':
      return { do: 'transfer', group, to: named[0] ?? null };
    case 'wait':
      return {
        do: 'wait',
        forMs: 1000 * Number(text(first(action, 'seconds', 's', 'for_s')) ?? /[\d.]+/.exec(phrase)?.[0] ?? 2),
      };
    default:
      return named[0] === undefined
        ? { do: 'unknown', what: `${verb} of an unnamed node` }
        : { do: verb, node: named[0], group, ok: okOf(action) };
  }
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

function okOf(action: Fields): boolean | null {
  const result = first(action, 'result', 'response', 'reply', 'outcome');
  if (typeof result === 'boolean') return result;
  const word = text(result) ?? text(first(fields(result), 'code', 'status', 'reply', 'redis_set'));
  return word === null ? null : /^\+?OK/i.test(word);
}

function seenOf(action: Fields, nodes: readonly string[], groups: readonly number[]): Map<string, RecordedNode> {
  const result = fields(first(action, 'after', 'result', 'outcome', 'per_node'));
  const seen = new Map<string, RecordedNode>();
  for (const name of nodes) {
    if (result[name] !== undefined) seen.set(name, readNode(result[name], groups, null));
    else if (nodes.length === 1 && sortedKeys(result).length > 0) seen.set(name, readNode(result, groups, null));
  }
  return seen;
}
