// The RPCs of a recording: which, to whom, with what, and what was answered. A recorder writes them down under the names of the
// contract or of the command line; what it does not say of a request is what the operator's command would have filled in.
import { codeWord, fields, first, list, listener, nodesIn, snakeCased, sortedKeys, text } from './fields.ts';
import type { Fields, Json } from './fields.ts';
import type { RecordedCall } from './recorded.ts';

/** RPCs by the words recorders use for them: the contract's names, and those of the command line. */
const RPCS: readonly (readonly [words: RegExp, rpc: string])[] = [
  [/^(get-?capability|capability|probe)$/i, 'GetCapability'],
  [/^(get-?sidecar-?state|sidecar-?state)$/i, 'GetSidecarState'],
  [/^(resync-?sidecar|resync)$/i, 'ResyncSidecar'],
  [/^(bootstrap-?encryption|bootstrap)$/i, 'BootstrapEncryption'],
  [/^(rotate-?dek|rotate)$/i, 'RotateDEK'],
  [/^(register-?encryption-?writer|register-?writer|register)$/i, 'RegisterEncryptionWriter'],
  [/^(enable-?storage-?envelope|storage-?cutover)$/i, 'EnableStorageEnvelope'],
  [/^(enable-?raft-?envelope|raft-?cutover)$/i, 'EnableRaftEnvelope'],
];

/** The contract's RPC behind a word, null if there is none. */
export function rpcOfWord(name: string): string | null {
  const word = name
    .trim()
    .replace(/^.*[/.](?=[A-Za-z_-]+$)/, '')
    .split(/[\s(]/)[0]!
    .replaceAll('_', '-');
  return RPCS.find(([words]) => words.test(word))?.[1] ?? null;
}

/** Whom an action is addressed to, as words. */
export function targetOf(action: Fields): string {
  const target = first(action, 'target', 'node', 'nodes', 'to', 'on', 'at', 'who', 'via');
  return list(target)
    .map((one) => text(one) ?? '')
    .join(' ');
}

/** Reads one call, or one for each node where its result is a table by node. */
export function readCalls(rpc: string, action: Fields, nodes: readonly string[]): RecordedCall[] {
  const result = fields(first(action, 'result', 'results', 'response', 'reply', 'answer') ?? action);
  const answered = sortedKeys(result).filter((where) => nodes.includes(listener(where).node));
  if (answered.length === 0) return [readCall(rpc, action, result, targetOf(action), nodes)];
  return answered.map((where) => readCall(rpc, action, fields(result[where]), where, nodes));
}

function readCall(rpc: string, action: Fields, result: Fields, target: string, nodes: readonly string[]): RecordedCall {
  const known = nodesIn(target, nodes)[0];
  const node = known ?? /[A-Za-z0-9_-]*\d+/.exec(target.replaceAll(/group[ _-]?\d+/gi, ''))?.[0] ?? '';
  const group = Number(/group[ _-]?(\d+)/i.exec(target)?.[1] ?? 1) || 1;
  return {
    do: 'call',
    rpc,
    node: node === '' ? null : node,
    group: group === 1 ? Number(text(action['group'])?.replace(/\D/g, '') ?? 1) || 1 : group,
    toLeader: target.includes('leader'),
    args: argsOf(rpc, action),
    code: codeWord(first(result, 'code', 'status', 'grpc_code')),
    message: text(first(result, 'msg', 'message', 'error', 'desc', 'details')) ?? '',
    answer: snakeCased({ ...result, ...fields(first(result, 'body', 'response', 'fields', 'answer', 'resp')) }),
  };
}

/** Request fields, by the names recorders may use, and the command's own name for each. */
const ARGS: readonly (readonly [arg: string, ...names: string[]])[] = [
  ['storageDekId', 'storage_dek_id'],
  ['raftDekId', 'raft_dek_id'],
  ['dekId', 'new_dek_id', 'dek_id'],
  ['epoch', 'proposer_local_epoch', 'local_epoch', 'epoch'],
  ['fullNodeId', 'full_node_id'],
  ['proposer', 'proposer_node_id', 'caller_full_node_id'],
  ['material', 'material'],
  ['kek', 'kek', 'wrapped_under', 'wrapped_with'],
];

function argsOf(rpc: string, action: Fields): Record<string, string> {
  const request = snakeCased({ ...action, ...fields(first(action, 'request', 'args', 'params', 'req', 'body')) });
  const args: Record<string, string> = {};
  for (const [arg, ...names] of ARGS) {
    const value = text(first(request, ...names));
    if (value !== null) args[arg] = value;
  }
  const purpose = text(request['purpose']);
  if (purpose !== null) args['purpose'] = /raft|^2$/i.test(purpose) ? 'raft' : 'storage';
  // A blob nobody's KEK unwraps is one that another KEK has wrapped: both fail the tag.
  if (/garbage|random|bogus|unwrappable|wrong kek|other kek/i.test(wrappedWords(request))) args['kek'] ??= 'nobody';
  const writers = writersOf(first(request, 'writer_batch', 'writers', 'writer'));
  if (writers !== null && rpc === 'BootstrapEncryption') args['writers'] = writers;
  if (writers !== null && rpc === 'RegisterEncryptionWriter') [args['fullNodeId'], args['epoch']] = pairOf(writers);
  return args;
}

function wrappedWords(request: Fields): string {
  const said = ['wrapped_new_dek', 'wrapped_storage_dek', 'wrapped_raft_dek', 'wrapped', 'dek'];
  return said.map((name) => text(request[name]) ?? '').join(' ');
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
    const entry = snakeCased(fields(one));
    const id = text(first(entry, 'full_node_id', 'id')) ?? text(one)?.split(':')[0];
    return id === undefined
      ? null
      : `${id}:${text(first(entry, 'local_epoch', 'epoch')) ?? text(one)?.split(':')[1] ?? '0'}`;
  });
  return pairs.length > 0 && pairs.every((pair) => pair !== null) ? pairs.join(',') : null;
}
