// Answers of the admin service as plain fields, for atoms and for operators. An atom is written against the face, whose
// names are a designer's; the wire has its own.
import type { Answer } from '../../gate/atom.ts';
import { ENCRYPTION_ADMIN } from '../../admin/service.ts';
import type { Method } from '../../admin/service.ts';
import { assert } from '../../base/assert.ts';
import { rpcOf } from './profile.ts';

/** The contract's method behind a name of the face. */
export function methodOf(name: string): Method {
  const rpc = rpcOf(name);
  const method = ENCRYPTION_ADMIN.methods.find((candidate) => candidate.name === rpc);
  assert(method !== undefined, 'UNKNOWN_RPC', () => `no RPC ${name} in the contract`);
  return method;
}

/** An answer by the names of the wire and, beside them, those of the face (`encryption_capable`, `encryptionCapable`). */
export function readAnswer(name: string, body: Uint8Array): Answer {
  const answer: Record<string, unknown> = {};
  const fields = methodOf(name).decodeResponse(body) as Readonly<Record<string, unknown>>;
  for (const field of Object.keys(fields)) {
    answer[field] = fields[field];
    answer[field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())] = fields[field];
  }
  return answer;
}

/** The empty request of an RPC. */
export function requestFor(name: string): Uint8Array {
  return methodOf(name).encodeRequest({});
}
