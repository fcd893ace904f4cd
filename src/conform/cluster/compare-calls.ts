// Holds what calls were answered against what they were answered in the recording. What belongs to one run is taken off both sides
// first: addresses, paths, indexes, who led. A connection that broke is a connection that broke, in whoever's words.
import { codeWord, fields, list, snakeCased, sortedKeys, text } from './fields.ts';
import type { Fields, Json } from './fields.ts';
import type { RecordedCall, RecordedReports } from './recorded.ts';
import type { Report, ReplayedAction } from './session.ts';

const REPORT_FIELDS = ['encryption_capable', 'sidecar_present', 'full_node_id'] as const;
/** Fields of answers that two runs of one case share. */
const ANSWER_FIELDS = [
  ...REPORT_FIELDS,
  'active_storage_id',
  'active_raft_id',
  'storage_envelope_active',
  'was_already_active',
  'cutover_index_unknown',
] as const;

const BROKEN = /connection (refused|closed|error|reset)|transport|\bEOF\b|error reading from server/i;

/** Texts of two runs agree if they do so without what belongs to one run. */
export function normalise(message: string): string {
  return message
    .replace(/^(rpc error: code = \w+ desc = )+/, '')
    .replace(/id="[^"]*" address="[^"]*"/g, 'id="…" address="…"')
    .replace(/\(no known leader\)/g, '(current leader id="…" address="…")')
    .replace(/"[^"]*keys\.json"|[^\s"]*\/keys\.json/g, '<sidecar>')
    .replace(/"[^"]*kek[^"/]*"|[^\s"]*\/kek\S*/g, '<kek>')
    .replace(/\b(\w*index|restored_snapshot_cutover|sidecar_raft_envelope_cutover)([ =:]+)\d+/g, '$1$2N')
    .replace(/([([])\d+, \d+([)\]])(?= (for encryption|from MemoryStorage))/g, '$1N, N$2')
    .replace(/writer_batch\[\d+\] duplicates full_node_id (\d+) already present at index \S+/, 'duplicate writer $1');
}

/** Differences between reports of GetCapability, listener by listener. */
export function compareReports(recorded: RecordedReports, replayed: readonly Report[], when: string): string[] {
  return recorded.flatMap(({ node, group, report }, i) => {
    const told = snakeCased(fields(report));
    const ours = replayed[i] ?? null;
    const where = `GetCapability of ${node}/group${group}${when}`;
    const code = codeWord(told['code']) || 'OK';
    if (code !== 'OK') return ours === null ? [] : [`${where}: OK, recorded ${code}`];
    if (ours === null) return [`${where}: refused, recorded OK`];
    return compareFields(told, ours, REPORT_FIELDS, where);
  });
}

/** Differences between one call's answers. */
export function compareCall(call: RecordedCall, replayed: ReplayedAction, where: string): string[] {
  const ours = `${replayed.code}${replayed.message === '' ? '' : ` (${replayed.message})`}`;
  const theirs = `${call.code === '' ? 'a refusal' : call.code}${call.message === '' ? '' : ` (${call.message})`}`;
  const agree = call.code === '' ? (replayed.code === 'OK') === (call.message === '') : replayed.code === call.code;
  if (!agree) return [`${where}: ${ours}, recorded ${theirs}`];
  if (replayed.code === 'OK') return compareAnswer(call.answer, replayed.answer, where);
  // A recorder may have kept no text; and whose process exits may or may not have sent its last answer.
  if (call.message === '' || BROKEN.test(call.message) || BROKEN.test(replayed.message)) return [];
  const [a, b] = [normalise(replayed.message), normalise(call.message)];
  return a === b ? [] : [`${where}: "${a}", recorded "${b}"`];
}

function compareAnswer(recorded: Fields, replayed: Readonly<Record<string, unknown>>, where: string): string[] {
  const shared = { ...recorded, ...sharedParts(recorded) };
  const ours = { ...replayed, ...sharedParts(replayed as Fields) };
  return compareFields(shared, ours, [...ANSWER_FIELDS, ...PARTS], where);
}

const PARTS = ['raft envelope active', 'ids of wrapped DEKs', 'registry of the caller', 'capability summary'] as const;

/** What of the larger fields two runs share: whether there is a cutover, which keys there are, who was asked. */
function sharedParts(answer: Fields): Record<string, Json> {
  const parts: Record<string, Json> = {};
  const cutover = text(answer['raft_envelope_cutover_index']);
  if (cutover !== null) parts['raft envelope active'] = cutover !== '0';
  const deks = answer['wrapped_deks_by_id'];
  if (isTable(deks)) parts['ids of wrapped DEKs'] = byNumber(sortedKeys(fields(deks))).join(' ');
  const rows = answer['writer_registry_for_caller'];
  if (isTable(rows)) {
    parts['registry of the caller'] = byNumber(sortedKeys(fields(rows)))
      .map((id) => `${id}:${text(fields(rows)[id])}`)
      .join(' ');
  }
  const asked = list(answer['capability_summary']).map((one) => snakeCased(fields(one)));
  if (asked.length > 0 && asked.every((one) => one['full_node_id'] !== undefined)) {
    const verdicts = asked.map((one) => `${text(one['full_node_id'])}:${one['encryption_capable'] === true}`);
    parts['capability summary'] = verdicts.sort((a, b) => (a < b ? -1 : 1)).join(' ');
  }
  return parts;
}

function isTable(json: Json | undefined): boolean {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function byNumber(ids: readonly string[]): string[] {
  return [...ids].sort((a, b) => Number(a) - Number(b));
}

function compareFields(
  recorded: Fields,
  replayed: Readonly<Record<string, unknown>>,
  names: readonly string[],
  where: string,
): string[] {
  return names
    .filter((name) => recorded[name] !== undefined && recorded[name] !== null && replayed[name] !== undefined)
    .filter((name) => String(recorded[name]) !== String(replayed[name]))
    .map((name) => `${where}: ${name} ${String(replayed[name])}, recorded ${String(recorded[name])}`);
}
