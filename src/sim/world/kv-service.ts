// The KV surface of a node: put and delete through the log, get after a linearizable read. It is what a client feels when a group
// stops, and what the linearizability check is fed with.
import { readSafe, writeSafe } from '../../base/bytes.ts';
import { Code, StatusError } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import { decodeText, encodeText } from '../../base/text.ts';
import type { CallContext, KvCodec, ProposalFailure } from '../../scenario/program.ts';
import type { Process } from './process.ts';
import type { Replica } from './replica.ts';

export const KV_PUT = '/Kv/Put';
export const KV_GET = '/Kv/Get';
export const KV_DELETE = '/Kv/Delete';
export const KV_METHODS: readonly string[] = [KV_PUT, KV_GET, KV_DELETE];

/** A put's request: key, a zero byte, value. */
export function putRequest(key: string, value: string): Uint8Array {
  return encodeText(`${key}\0${value}`);
}

/** The request of a get or a delete: the key. */
export function getRequest(key: string): Uint8Array {
  return encodeText(key);
}

/** The answer of a put or a delete: the index it was committed at. */
export function readCommitIndex(body: Uint8Array): number {
  return readSafe(body, 0);
}

/** A get's answer: empty for an absent key, else a byte 1 and the value. */
export function readValue(body: Uint8Array): string | null {
  return body.length === 0 ? null : decodeText(body, 1);
}

/** Serves one KV request. @throws StatusError FailedPrecondition where it is certain that nothing was written, else Unavailable */
export function* serveKv(
  process: Process,
  group: string,
  method: string,
  body: Uint8Array,
  context: CallContext,
): Task<Uint8Array> {
  const replica = process.replica(process.world.groupNumber(group));
  const codec = process.program.kv;
  if (replica === null || codec === null) throw new StatusError(Code.Unimplemented, `no KV service for group ${group}`);
  if (method === KV_GET) return yield* get(process, replica, decodeText(body), context);
  if (codec.ready !== undefined) yield* codec.ready(context.deadlineMs);
  const proposed = yield* replica.propose(payloadOf(codec, method, decodeText(body)), context.deadlineMs);
  if (!proposed.ok) throw refusal(proposed.why, proposed.detail);
  if (proposed.error !== null) throw new StatusError(Code.FailedPrecondition, proposed.error);
  const answer = new Uint8Array(INDEX_BYTES);
  writeSafe(answer, 0, proposed.index);
  return answer;
}

const INDEX_BYTES = 8;

/** What is proposed for a put or a delete. */
function payloadOf(codec: KvCodec, method: string, text: string): Uint8Array {
  if (method === KV_DELETE) {
    if (codec.delete === undefined)
      throw new StatusError(Code.Unimplemented, 'the store of this feature deletes nothing');
    return codec.delete(text);
  }
  const cut = text.indexOf('\0');
  return codec.put(text.slice(0, cut), text.slice(cut + 1));
}

function* get(process: Process, replica: Replica, key: string, context: CallContext): Task<Uint8Array> {
  const index = yield* replica.readIndex(true, context.deadlineMs);
  if (typeof index !== 'number') throw refusal(index, 'linearizable read failed');
  const value = process.program.kv?.get(replica.machine, key) ?? null;
  return value === null ? new Uint8Array(0) : encodeText(`\u0001${value}`);
}

function refusal(why: ProposalFailure, detail: string): StatusError {
  const certain = why === 'not-leader' || why === 'transfer-in-progress';
  return new StatusError(certain ? Code.FailedPrecondition : Code.Unavailable, `${why}: ${detail}`);
}
