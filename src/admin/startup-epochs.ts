// The guards that compare this node with what the cluster saw of it as a writer. A nonce is the node's sixteen bits, its
// epoch and a counter; a restored backup, a second start within one epoch or a neighbour with the same sixteen bits
// each make two writes share one. The comparison is strict after the bump and not before it: at rest both sides agree.
import type { FullNodeId } from '../base/ids.ts';
import { checkNodeIdCollision, fullIdHex, nodeId16 } from '../fsm/encryption/node-id16.ts';
import { decodeRegistryRow } from '../fsm/encryption/registry.ts';
import type { RegistryRow } from '../fsm/encryption/registry.ts';
import { Failure } from '../fsm/failure.ts';
import { GuardRefusal, fromFailure, refuse, refusePlain } from './guard-refusals.ts';
import type { RegistryReader, SidecarState } from './ports.ts';
import { keyOf } from './sidecar-file.ts';

const GUARD = 'encryption startup guard';

/** One writer under one DEK, and what its sidecar says of it. */
export interface EpochQuestion {
  readonly registry: RegistryReader;
  readonly fullNodeId: FullNodeId;
  readonly dekId: number;
  readonly sidecarEpoch: number;
  readonly storageEnvelopeActive: boolean;
}

/** Guard 9: members of all groups, in the order they are found; id 0 is no member. @source admin.md §10 */
export function checkMemberCollision(members: readonly FullNodeId[]): GuardRefusal | null {
  const clash = checkNodeIdCollision(members.filter((id) => id !== '0'));
  return clash === null ? null : fromFailure(clash, `${GUARD}: node_id collision`);
}

/**
 * The library's rollback primitive, which production does not use: strict without a bump in between, and blind to a row
 * another node left in this node's slot.
 * @source elastickv CheckLocalEpochRollback
 */
export function checkLocalEpochRollback(q: EpochQuestion): GuardRefusal | null {
  const row = ownRow(q, '');
  if (row instanceof GuardRefusal) return row;
  if (row === null || row.fullNodeId !== q.fullNodeId) return missingRow(q, '');
  if (q.sidecarEpoch > row.lastSeenLocalEpoch) return null;
  return rollback(q, row, '<=', ' — strict-ahead invariant requires sidecar > registry');
}

/** Guard 10: before the bump the sidecar may equal the registry, not be behind it. @source admin.md §10 */
export function checkEpochBeforeBump(registry: RegistryReader, me: FullNodeId, s: SidecarState): GuardRefusal | null {
  const question = storageQuestion(registry, me, s, '');
  if (question instanceof GuardRefusal) return question;
  return epochAgainstRow(question, 'before')?.within(`${GUARD}: local_epoch rollback`) ?? null;
}

/** Guard 13: after replay the bumped epoch must be ahead of every registration in the log. @source admin.md §10 */
export function checkEpochAfterReplay(registry: RegistryReader, me: FullNodeId, s: SidecarState): GuardRefusal | null {
  if (s.activeStorage === 0) return null;
  const question = storageQuestion(registry, me, s, ' after raft replay');
  if (question instanceof GuardRefusal) return question;
  return epochAgainstRow(question, 'after')?.within(`${GUARD}: local_epoch rollback after raft replay`) ?? null;
}

/** Guard 16: with the raft envelope active, the same for the raft DEK; no row is no rollback. @source admin.md §10 */
export function checkRaftEpoch(
  registry: RegistryReader,
  me: FullNodeId,
  s: SidecarState,
  raftEpoch: number,
): GuardRefusal | null {
  if (s.raftCutoverIndex === 0n || s.activeRaft === 0) return null;
  const question: EpochQuestion = {
    registry,
    fullNodeId: me,
    dekId: s.activeRaft,
    sidecarEpoch: raftEpoch,
    storageEnvelopeActive: false,
  };
  const row = ownRow(question, '');
  if (row instanceof GuardRefusal) return row;
  if (row === null || row.fullNodeId !== me || raftEpoch > row.lastSeenLocalEpoch) return null;
  return rollback(question, row, '<=', ' for the active raft DEK').within(`${GUARD}: raft registration epoch`);
}

/** Guard 17: a process whose pinned epoch the registry has moved past may not write. @source admin.md §10 */
export function checkStartRegistration(
  registry: RegistryReader,
  me: FullNodeId,
  s: SidecarState,
  pinnedEpoch: number,
): GuardRefusal | null {
  if (!s.storageEnvelopeActive || s.activeStorage === 0) return null;
  const prefix = 'process-start writer registration intent';
  const raw = registry.row(s.activeStorage, nodeId16(me));
  if (raw instanceof Failure) return fromFailure(raw, `${prefix}: writer registration: read registry row`);
  if (raw === null) return null;
  const row = decodeRegistryRow(raw);
  if (row instanceof Failure) return fromFailure(row, `${prefix}: writer registration: decode registry value`);
  if (pinnedEpoch >= row.lastSeenLocalEpoch) return null;
  return refusePlain(
    `${prefix}: encryption: writer registration: local_epoch ${pinnedEpoch} is behind registry last_seen ` +
      `${row.lastSeenLocalEpoch} for dek_id ${s.activeStorage} node ${fullIdHex(me)} ` +
      '(stale sidecar past the §9.1 rollback guard)',
  );
}

function storageQuestion(
  registry: RegistryReader,
  fullNodeId: FullNodeId,
  s: SidecarState,
  when: string,
): EpochQuestion | GuardRefusal {
  const key = keyOf(s, s.activeStorage);
  if (key === null) {
    const detail = `${GUARD}: active storage DEK ${s.activeStorage} missing from sidecar keys${when}`;
    return refuse('ErrSidecarActiveKeyMissing', detail);
  }
  const { storageEnvelopeActive } = s;
  return { registry, fullNodeId, dekId: s.activeStorage, sidecarEpoch: key.localEpoch, storageEnvelopeActive };
}

/** A row of another node in this node's slot is a refusal on its own: its nonces would be ours. */
function epochAgainstRow(q: EpochQuestion, bump: 'before' | 'after'): GuardRefusal | null {
  const row = ownRow(q, bump === 'after' ? ' after startup bump' : '');
  if (row instanceof GuardRefusal) return row;
  if (row === null) return missingRow(q, ' before startup bump');
  if (row.fullNodeId !== q.fullNodeId) return foreignRow(q, row);
  if (bump === 'before') {
    if (q.sidecarEpoch >= row.lastSeenLocalEpoch) return null;
    const why = ' before startup bump; sidecar must be at least registry before BumpLocalEpoch advances it';
    return rollback(q, row, '<', why);
  }
  if (q.sidecarEpoch > row.lastSeenLocalEpoch) return null;
  const why = ' after raft replay; startup bump must advance beyond every replayed registration';
  return rollback(q, row, '<=', why);
}

function ownRow(q: EpochQuestion, when: string): RegistryRow | null | GuardRefusal {
  const where = `writer-registry row for ${writer(q)}${when}`;
  const raw = q.registry.row(q.dekId, nodeId16(q.fullNodeId));
  if (raw instanceof Failure) return fromFailure(raw, `local_epoch rollback guard: read ${where}`);
  if (raw === null) return null;
  const row = decodeRegistryRow(raw);
  return row instanceof Failure ? fromFailure(row, `local_epoch rollback guard: decode ${where}`) : row;
}

/** Before the cutover a node without a row has never written; after it, its past cannot be proved. */
function missingRow(q: EpochQuestion, when: string): GuardRefusal | null {
  if (!q.storageEnvelopeActive) return null;
  return refuse(
    'ErrLocalEpochRollback',
    `writer-registry has no row for ${writer(q)} but storage_envelope_active=true; ` +
      `cannot prove nonce monotonicity for the active DEK${when}`,
  );
}

function foreignRow(q: EpochQuestion, row: RegistryRow): GuardRefusal {
  return refuse(
    'ErrLocalEpochRollback',
    `writer-registry row for node_id16=0x${nodeId16(q.fullNodeId).toString(16)} dek_id=${q.dekId} belongs to ` +
      `full_node_id=${fullIdHex(row.fullNodeId)}, not this full_node_id=${fullIdHex(q.fullNodeId)}; ` +
      'refusing startup to avoid nonce-prefix collision',
  );
}

function rollback(q: EpochQuestion, row: RegistryRow, relation: '<' | '<=', why: string): GuardRefusal {
  return refuse(
    'ErrLocalEpochRollback',
    `sidecar local_epoch=${q.sidecarEpoch} ${relation} registry last_seen_local_epoch=${row.lastSeenLocalEpoch} ` +
      `(${writer(q)})${why}`,
  );
}

function writer(q: EpochQuestion): string {
  return `full_node_id=${fullIdHex(q.fullNodeId)} dek_id=${q.dekId}`;
}
