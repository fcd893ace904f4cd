// A sidecar as a recorder may have kept it: the file's own text, its fields, or a report in the words of the admin service.
// Two runs of one case share the keys and switches of the file, not its bytes: DEKs are drawn, indexes and times move.
import { fields, first, snakeCased, sortedKeys, text } from './fields.ts';
import type { Fields, Json } from './fields.ts';
import type { SeenSidecar } from './recorded.ts';

const ABSENT: SeenSidecar = { present: false, facts: new Map() };

/** Reads whatever stands for one node's sidecar; null if it tells nothing. */
export function readSidecarView(json: Json | undefined): SeenSidecar | null {
  if (json === undefined) return null;
  if (json === null || json === false) return ABSENT;
  if (typeof json === 'string') {
    if (/^(missing|absent|none|no file|not found|enoent)\b/i.test(json)) return ABSENT;
    return /^\s*\{/.test(json) ? readSidecarView(parsed(json)) : null;
  }
  const view = snakeCased(fields(json));
  if (view['present'] === false || view['exists'] === false) return ABSENT;
  const content = first(view, 'content', 'json', 'file', 'text');
  if (content !== undefined) return readSidecarView(content);
  const facts = factsOf(view);
  return facts.size === 0 ? null : { present: true, facts };
}

function parsed(json: string): Json {
  try {
    return JSON.parse(json) as Json;
  } catch {
    return { unreadable: json };
  }
}

function factsOf(view: Fields): Map<string, string> {
  const facts = new Map<string, string>();
  const tell = (name: string, value: string | null): void => {
    if (value !== null) facts.set(name, value);
  };
  const active = fields(view['active']);
  tell('active storage', text(first(view, 'active_storage', 'active_storage_id')) ?? text(active['storage']));
  tell('active raft', text(first(view, 'active_raft', 'active_raft_id')) ?? text(active['raft']));
  const switched = view['storage_envelope_active'];
  if (typeof switched === 'boolean') tell('storage envelope', String(switched));
  const cutover = view['raft_envelope_cutover_index'] ?? view['raft_cutover'];
  if (typeof cutover === 'boolean') tell('raft envelope', String(cutover));
  else if (text(cutover) !== null) tell('raft envelope', String(text(cutover) !== '0'));
  tellKeys(view, tell);
  return facts;
}

function tellKeys(view: Fields, tell: (name: string, value: string | null) => void): void {
  const keys = fields(view['keys']);
  const ids = sortedKeys(keys).sort((a, b) => Number(a) - Number(b));
  if (ids.length === 0) return;
  tell('keys', ids.join(' '));
  for (const id of ids) {
    const key = snakeCased(fields(keys[id]));
    tell(`purpose of key ${id}`, text(key['purpose']));
    tell(`local_epoch of key ${id}`, text(key['local_epoch']));
  }
}
