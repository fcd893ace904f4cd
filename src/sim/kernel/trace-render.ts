// Trace records as events with names. Reading follows the writer's layout word by word; a record may begin in one chunk and
// only a text may go on in the next, because its writer flushes between events.
import { assert } from '../../base/assert.ts';
import { MessageType } from '../../raft/index.ts';
import type { EventPlace, TraceEvent } from './trace.ts';
import { KV_OPS, KV_PHASES, Rec, RECORD_HEAD } from './trace-records.ts';

/** Names by number; element 0 stands for none and is empty. */
export interface TraceNames {
  readonly nodes: readonly string[];
  readonly groups: readonly string[];
}

const ROLES = ['follower', 'candidate', 'leader', 'preCandidate'] as const;
const MESSAGE_NAMES = Object.keys(MessageType);
const MESSAGE_KINDS = { [Rec.Send]: 'send', [Rec.Deliver]: 'deliver', [Rec.Lose]: 'lose' } as const;

/** Renders all records. @param texts the run's texts by number */
export function renderRecords(
  chunks: readonly Int32Array[],
  texts: readonly string[],
  names: TraceNames,
): TraceEvent[] {
  const events: TraceEvent[] = [];
  let skip = 0;
  let seq = 0;
  for (const chunk of chunks) {
    let at = skip;
    while (at < chunk.length) {
      const head = chunk[at]!;
      const fields = head >>> 8;
      if ((head & 255) === Rec.Text) {
        at += 1 + ((fields + 1) >> 1);
        continue;
      }
      events.push(renderEvent(chunk, at, ++seq, texts, names));
      at += RECORD_HEAD + fields;
    }
    skip = at - chunk.length;
  }
  return events;
}

function renderEvent(
  chunk: Int32Array,
  start: number,
  seq: number,
  texts: readonly string[],
  names: TraceNames,
): TraceEvent {
  const kind = (chunk[start]! & 255) as Rec;
  const where = chunk[start + 2]!;
  const node = names.nodes[where >> 16] ?? '';
  const place: EventPlace = { seq, atMs: chunk[start + 1]!, node, group: names.groups[where & 0xffff] ?? '' };
  const f = (field: number): number => chunk[start + RECORD_HEAD + field]!;
  const text = (field: number): string => texts[f(field)]!;
  switch (kind) {
    case Rec.Send:
    case Rec.Deliver:
    case Rec.Lose:
      return {
        ...place,
        kind: MESSAGE_KINDS[kind],
        from: names.nodes[(f(0) >> 8) & 255]!,
        to: names.nodes[f(0) & 255]!,
        type: MESSAGE_NAMES[f(0) >> 16]!,
        term: f(1),
        index: f(2),
        entries: f(3),
        commit: f(4),
      };
    case Rec.Role:
      return { ...place, kind: 'role', role: ROLES[f(0)]!, term: f(1) };
    case Rec.Append:
      return { ...place, kind: 'append', index: f(0), term: f(1), opcode: f(2), name: text(3) };
    case Rec.Commit:
      return { ...place, kind: 'commit', index: f(0), term: f(1) };
    case Rec.Apply: {
      const error = f(4) < 0 ? null : text(4);
      return { ...place, kind: 'apply', index: f(0), term: f(1), opcode: f(2), name: text(3), error };
    }
    case Rec.Kv: {
      const [op, phase] = [KV_OPS[(f(0) >> 4) & 15]!, KV_PHASES[f(0) & 15]!];
      return { ...place, kind: 'kv', client: f(0) >> 8, op, phase, key: text(1), value: f(2) < 0 ? null : text(2) };
    }
    case Rec.Rare:
      return { ...(JSON.parse(text(1)) as object), ...place, kind: text(0) } as TraceEvent;
    default:
      assert(false, 'TRACE_RECORD', () => `a record of kind ${kind}`);
  }
}
