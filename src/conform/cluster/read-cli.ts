// Runs of a commit's own command line: what it prints is what its calls were answered.
import { fields, list, text } from './fields.ts';
import type { Fields } from './fields.ts';
import type { RecordedCall, Recording } from './recorded.ts';

/** A run of the command line: its steps are calls on a cluster with the flags its title tells. */
export function readCliCase(id: string, c: Fields): Recording {
  const title = text(c['title']) ?? '';
  const commit = /^[0-9a-f]{8}/.exec(title)?.[0] ?? '';
  const withPath = title.includes('sidecar path on all');
  const nodes = ['n1', 'n2', 'n3'];
  const steps = list(c['steps']).map(fields);
  const unknown = steps.find((step) => !['status', 'bootstrap'].includes(text(step['step']) ?? ''));
  const flags = withPath ? ['--encryptionSidecarPath', 'keys.json'] : [];
  return {
    id,
    nodes,
    founders: nodes,
    groups: [1],
    commits: new Map(nodes.map((node) => [node, commit])),
    flags: new Map(nodes.map((node) => [node, flags])),
    keks: new Map(),
    learners: [],
    leaders: new Map(),
    capability: [],
    actions: steps.flatMap((step) => cliCalls(text(step['step']) ?? '', fields(step['result']))),
    after: new Map(),
    afterRestart: null,
    unfit: unknown === undefined ? null : `command line step "${text(unknown['step']) ?? ''}" is not modelled`,
  };
}

/** The calls behind one step of the admin command line, as its output shows them. */
function cliCalls(step: string, result: Fields): RecordedCall[] {
  const call = (rpc: string, code: string, message: string): RecordedCall => {
    return { do: 'call', rpc, node: null, group: 1, toLeader: true, args: {}, code, message, answer: {} };
  };
  const stdout = text(result['stdout']) ?? '';
  if (step === 'status') {
    const unavailable = /sidecar_state: <unavailable: (.*)>/.exec(stdout)?.[1];
    const calls = [call('GetCapability', 'OK', '')];
    if (unavailable !== undefined) calls.push(call('GetSidecarState', 'FailedPrecondition', unavailable));
    return calls;
  }
  const refusal = /BootstrapEncryption: (.*)$/m.exec(text(result['stderr']) ?? '')?.[1];
  if (refusal === undefined) return [call('BootstrapEncryption', 'OK', '')];
  return [call('BootstrapEncryption', '', refusal)];
}
