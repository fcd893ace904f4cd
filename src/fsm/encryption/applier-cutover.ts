// The two one-way switches: from here on values are sealed, from here on entries are. Each must survive its own replay,
// a rotation that overtook it, and a crash between any two of its steps. The raft switch tests "already active" before
// "stale": its replay after a rotation must still install the wrap, or this node, once it leads, writes cleartext past
// the cutover and halts the whole group. A stale switch is a no-op, not an error: a benign race must not halt anyone.
import { Failure } from '../failure.ts';
import { Purpose } from '../opcodes.ts';
import { halt, judgeProposer } from './applier-rules.ts';
import type { Applier } from './applier.ts';
import type { Rotation } from './ports.ts';
import { goHex } from './wire.ts';

/** Sub-tag 0x04. @source elastickv Applier.applyEnableStorageEnvelope */
export function applyEnableStorageEnvelope(applier: Applier, index: number, p: Rotation): Failure | null {
  const what = 'enable-storage-envelope';
  const refusal = judge(p, what, Purpose.Storage, 'PurposeStorage');
  if (refusal !== null) return refusal;
  const sidecar = applier.readSidecar(what);
  if (sidecar instanceof Failure) return sidecar;
  if (p.dekId !== sidecar.active.storage) return applier.commitSidecar(sidecar, index, 'stale-dekid cutover no-op');
  if (sidecar.storageEnvelopeActive) return applier.commitSidecar(sidecar, index, 'already-active cutover no-op');

  // The row first: a crash in between replays into this branch again. The other way round the replay would find the
  // cutover active, and the proposer's row would be missing for ever.
  const registered = applier.applyRegistration(p.proposer);
  if (registered !== null) return registered.within('applier: cutover proposer-registration insert');
  sidecar.storageEnvelopeActive = true;
  sidecar.storageEnvelopeCutoverIndex = BigInt(index);
  return applier.commitSidecar(sidecar, index, 'cutover');
}

/** Sub-tag 0x05. @source elastickv Applier.applyEnableRaftEnvelope */
export function applyEnableRaftEnvelope(applier: Applier, index: number, p: Rotation): Failure | null {
  const what = 'enable-raft-envelope';
  // 0 is the mark of "no cutover": recorded as one, it would never be active, and every replay would start afresh.
  if (index === 0) return halt(`${what} requires a non-zero raft index`);
  const refusal = judge(p, what, Purpose.Raft, 'PurposeRaft');
  if (refusal !== null) return refusal;
  const sidecar = applier.readSidecar(what);
  if (sidecar instanceof Failure) return sidecar;

  if (sidecar.raftEnvelopeCutoverIndex !== 0n) {
    const failed = applier.commitSidecar(sidecar, index, 'already-active raft-cutover no-op');
    if (failed !== null) return failed;
    return applier.installWrap(sidecar.raftEnvelopeCutoverIndex, sidecar.active.raft, 'already-active replay');
  }
  if (p.dekId !== sidecar.active.raft) return applier.commitSidecar(sidecar, index, 'stale-dekid raft-cutover no-op');

  const registered = applier.applyRegistration(p.proposer);
  if (registered !== null) return registered.within('applier: raft-cutover proposer-registration insert');
  sidecar.raftEnvelopeCutoverIndex = BigInt(index);
  const failed = applier.commitSidecar(sidecar, index, 'raft-cutover');
  if (failed !== null) return failed;
  return applier.installWrap(sidecar.raftEnvelopeCutoverIndex, sidecar.active.raft, 'fresh-success apply');
}

/** What a cutover entry must look like: purpose, then an empty blob, then the proposer's row. */
function judge(p: Rotation, what: string, purpose: Purpose, purposeName: string): Failure | null {
  if (p.purpose !== purpose) return halt(`${what} must carry Purpose=${purposeName}, got ${goHex(p.purpose)}`);
  // By length, not by absence: the decoder yields an empty byte string.
  if (p.wrapped.length !== 0) return halt(`${what} must carry empty Wrapped, got ${p.wrapped.length} bytes`);
  return judgeProposer(p, what);
}
