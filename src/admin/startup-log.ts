// The guards that compare the sidecar with the log and its snapshots. A sidecar restored from a backup holds keys the
// log has moved past: encryption entries behind the applied index are never applied again, so nothing would bring it up
// to date. A range the log no longer holds cannot be judged, and what cannot be judged refuses.
import { CLOSED_BAND_LAST, Opcode } from '../fsm/opcodes.ts';
import { Failure } from '../fsm/failure.ts';
import { goQuote } from '../base/go-text.ts';
import { fromFailure, refuse } from './guard-refusals.ts';
import type { GuardRefusal } from './guard-refusals.ts';
import type { SidecarReader, SidecarState } from './ports.ts';

/** Looks for a sidecar-changing entry in (afterIndex, upTo]; a range it cannot read is a failure. */
export type RelevantScan = (afterIndex: bigint, upTo: bigint) => boolean | Failure;

/**
 * The tags whose entries move the sidecar's applied index. Registrations do not: to count them would refuse every start
 * after one. The reserved tags do, for a newer build may have applied them.
 * @source admin.md §10
 */
export function isSidecarRelevant(opcode: number): boolean {
  return opcode >= Opcode.Bootstrap && opcode <= CLOSED_BAND_LAST;
}

/**
 * The gap guard on bare indexes; without a scanner any gap refuses.
 * @source elastickv GuardSidecarBehindRaftLog
 */
export function guardSidecarBehindRaftLog(
  sidecarApplied: bigint,
  engineApplied: bigint,
  scan: RelevantScan | null,
): GuardRefusal | null {
  if (sidecarApplied >= engineApplied) return null;
  const indexes = `sidecar_applied_index=${sidecarApplied} engine_applied_index=${engineApplied}`;
  if (scan === null) return refuse('ErrSidecarBehindRaftLog', `${indexes} (no scanner provided to inspect gap)`);
  const hit = scan(sidecarApplied, engineApplied);
  if (hit instanceof Failure) {
    const range = `(${sidecarApplied}, ${engineApplied}]`;
    return fromFailure(hit, `encryption: scan raft entries ${range} for encryption-relevant opcodes`);
  }
  return hit ? refuse('ErrSidecarBehindRaftLog', `${indexes} gap_covers_encryption_relevant_entry`) : null;
}

/** Guard 14: skipped for a sidecar that never recorded an index, which is how old builds left it. @source admin.md §10 */
export function checkSidecarGap(
  reader: SidecarReader,
  sidecar: SidecarState,
  defaultGroup: number,
  engineApplied: bigint,
  scan: RelevantScan | null,
): GuardRefusal | null {
  if (sidecar.appliedIndex === 0n) return null;
  const refusal = guardSidecarBehindRaftLog(sidecar.appliedIndex, engineApplied, scan);
  const where = `encryption startup guard: sidecar=${goQuote(reader.path)} default_group=${defaultGroup}`;
  return refusal?.within(where) ?? null;
}

/** Guards 1 and 15: what a snapshot says of the raft cutover must be what the sidecar says. @source admin.md §10 */
export function checkCutoverDivergence(
  restoredCutover: bigint,
  sidecar: SidecarState | null,
  defaultGroup: number,
): GuardRefusal | null {
  const recorded = sidecar?.raftCutoverIndex ?? 0n;
  if (restoredCutover === 0n || restoredCutover === recorded) return null;
  return refuse(
    'ErrEnvelopeCutoverDivergence',
    `encryption startup guard: restored_snapshot_cutover=${restoredCutover} ` +
      `sidecar_raft_envelope_cutover=${recorded} default_group=${defaultGroup}`,
  );
}
