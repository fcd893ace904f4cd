// Runs of a commit's own command line: what it prints is what its calls were answered. It tells neither codes nor whom it asked;
// that it asked the leader shows in the identity it prints.
import { deriveNodeId } from '../../admin/node-id.ts';
import { fields, list, sortedKeys, text } from './fields.ts';
import type { Fields, Json } from './fields.ts';
import { flagList } from './read-actions.ts';
import { rpcOfWord } from './read-calls.ts';
import type { RecordedCall, Recording } from './recorded.ts';

const NODES = ['n1', 'n2', 'n3'];
const PATH = ['--encryptionSidecarPath', 'keys.json'];
const ALL = ['--encryption-enabled', '--kekFile', 'kek.bin', ...PATH];

/** A run of the command line: its steps are calls on a cluster with the flags it lists, or else its title tells. */
export function readCliCase(id: string, c: Fields): Recording {
  const title = text(c['title']) ?? '';
  const commit = text(c['commit']) ?? /\b[0-9a-f]{8}\b/.exec(title)?.[0] ?? '';
  const listed = fields(c['flags']);
  const nodes = sortedKeys(listed).length > 0 ? sortedKeys(listed) : NODES;
  const titled = flagsOfTitle(title);
  const flagsOf = (node: string): string[] => (listed[node] === undefined ? (titled ?? []) : flagList(listed[node]));
  const actions = list(c['steps']).map(fields).map(readStep);
  const unknown = actions.find((step) => typeof step === 'string');
  const calls = actions.flatMap((step) => (typeof step === 'string' ? [] : step));
  const asked = calls
    .map(({ answer }) => text(answer['full_node_id']))
    .find((one) => one !== null && one !== undefined);
  const leader = nodes.find((node) => deriveNodeId(node) === asked);
  return {
    id,
    nodes,
    founders: nodes,
    groups: [1],
    commits: new Map(nodes.map((node) => [node, commit])),
    flags: new Map(nodes.map((node) => [node, flagsOf(node)])),
    keks: new Map(),
    learners: [],
    leaders: new Map(leader === undefined ? [] : [[1, leader]]),
    snapshotEvery: 0,
    capability: [],
    actions: calls,
    after: new Map(),
    capabilityAfter: [],
    afterRestart: null,
    unfit:
      unknown !== undefined
        ? `command line step "${unknown}" is not modelled`
        : titled === null && sortedKeys(listed).length === 0
          ? `the title "${title}" does not tell the flags`
          : null,
    unread: [],
  };
}

/** The flags of every node, as the title says; null if it does not. */
function flagsOfTitle(title: string): string[] | null {
  if (/all (three )?flags|triple|(sidecar|path).*kek.*enabled|enabled.*kek.*(sidecar|path)/i.test(title)) return ALL;
  if (/(sidecar )?path on all|path only|path alone/i.test(title)) return PATH;
  return /no (encryption )?flags?|\bnone\b/i.test(title) ? [] : null;
}

/** The calls behind one step, as its output shows them; or the step's name, if nobody knows it. */
function readStep(step: Fields): RecordedCall[] | string {
  const name = text(step['step']) ?? text(step['command']) ?? '';
  const result = fields(step['result']);
  if (/^status$/i.test(name)) return statusCalls(text(result['stdout']) ?? '');
  const rpc = rpcOfWord(name);
  if (rpc === null) return name;
  const failed = (text(result['exit']) ?? '0') !== '0';
  if (!failed) return [callOf(rpc, 'OK', '', printed(text(result['stdout']) ?? ''))];
  const stderr = text(result['stderr']) ?? '';
  return [callOf(rpc, '', new RegExp(`${rpc}: (.*)$`, 'm').exec(stderr)?.[1] ?? '', {})];
}

function statusCalls(stdout: string): RecordedCall[] {
  const [capability = '', sidecar = ''] = stdout.split(/^sidecar_state:/m);
  const calls = [callOf('GetCapability', 'OK', '', printed(capability))];
  const unavailable = /^\s*<unavailable: (.*)>/.exec(sidecar)?.[1];
  if (unavailable !== undefined) calls.push(callOf('GetSidecarState', 'FailedPrecondition', unavailable, {}));
  else if (sidecar.trim() !== '') calls.push(callOf('GetSidecarState', 'OK', '', printed(sidecar)));
  return calls;
}

function callOf(rpc: string, code: string, message: string, answer: Fields): RecordedCall {
  return { do: 'call', rpc, node: null, group: 1, toLeader: true, args: {}, code, message, answer };
}

/** Lines of `name: value`. */
function printed(text: string): Fields {
  const found: Record<string, Json> = {};
  for (const [, name = '', value = ''] of text.matchAll(/^\s*([a-z_]+):[ \t]*(\S+)[ \t]*$/gm)) {
    found[name] = value === 'true' ? true : value === 'false' ? false : value;
  }
  return found;
}
