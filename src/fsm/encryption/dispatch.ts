// From a tag of the closed band to the applier, failing closed: nothing falls through, and no default shrugs. A newer
// leader may know a tag this build does not; to skip it would diverge, in silence, from every replica that did apply it.
import { Failure, failure } from '../failure.ts';
import { Opcode } from '../opcodes.ts';
import { APPLIED } from '../state-machine.ts';
import type { ApplyResult, Halt } from '../state-machine.ts';
import type { EncryptionApplier } from './ports.ts';
import { decodeBootstrap, decodeRegistration, decodeRotation, goHex } from './wire.ts';

/**
 * Applies one payload of the closed band, or halts. It never skips.
 * @param index what the entry is applied as: the sidecar records it
 * @param payload tag byte included
 * @param subTags the rotation sub-tags this build knows
 * @source elastickv kvFSM.applyEncryption
 */
export function applyEncryption(
  applier: EncryptionApplier | null,
  index: number,
  payload: Uint8Array,
  subTags: readonly number[],
): ApplyResult | Halt {
  const opcode = payload[0]!;
  if (applier === null) {
    const detail = `encryption opcode ${goHex(opcode)} arrived but no EncryptionApplier wired`;
    return haltApply(index, opcode, failure('ErrEncryptionApply', detail));
  }
  const body = payload.subarray(1);
  switch (opcode) {
    case Opcode.Registration:
      return settle(index, opcode, 'registration', decodeRegistration(body), (p) => applier.applyRegistration(p));
    case Opcode.Bootstrap:
      return settle(index, opcode, 'bootstrap', decodeBootstrap(body), (p) => applier.applyBootstrap(index, p));
    case Opcode.Rotation:
      return settle(index, opcode, 'rotation', decodeRotation(body, subTags), (p) => applier.applyRotation(index, p));
    default:
      return haltApply(index, opcode, failure('ErrEncryptionApply', `unknown encryption opcode ${goHex(opcode)}`));
  }
}

/** True for the one tag whose effect is only in memory, so that a duplicate must run again after a cold start. */
export function isVolatilePayload(payload: Uint8Array): boolean {
  return payload[0] === Opcode.HlcLease;
}

function settle<T>(
  index: number,
  opcode: number,
  what: string,
  decoded: T | Failure,
  apply: (payload: T) => Failure | null,
): ApplyResult | Halt {
  if (decoded instanceof Failure) return haltApply(index, opcode, decoded.within(`kv/fsm: decode ${what}`));
  const refused = apply(decoded);
  return refused === null ? APPLIED : haltApply(index, opcode, refused.within(`kv/fsm: apply ${what}`));
}

function haltApply(index: number, opcode: number, why: Failure): Halt {
  // An error of no class is marked as the applier's own: under these tags every error halts.
  const code = why.code === '' ? 'ErrEncryptionApply' : why.code;
  return { kind: 'halt', index, opcode, code, detail: why.text };
}
