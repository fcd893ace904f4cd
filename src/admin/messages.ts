// The messages of the admin contract as the codec hands them over: proto field names, uint64 as decimal strings (a
// JavaScript number would round an identity), bytes as Uint8Array, map keys as strings. Handlers speak these types, so
// the same object crosses a real socket and a simulated link.
import type { FullNodeId } from '../base/ids.ts';

/** A uint64 in decimal. */
export type Uint64 = string;

export type Empty = Record<never, never>;

export interface CapabilityReport {
  readonly encryption_capable: boolean;
  readonly build_sha: string;
  readonly sidecar_present: boolean;
  readonly full_node_id: Uint64;
  readonly local_epoch: number;
}

export interface SidecarStateReport {
  readonly wrapped_deks_by_id: Readonly<Record<string, Uint8Array>>;
  readonly active_storage_id: number;
  readonly active_raft_id: number;
  readonly storage_envelope_active: boolean;
  readonly raft_envelope_cutover_index: Uint64;
  readonly latest_applied_index: Uint64;
  readonly writer_registry_for_caller: Readonly<Record<string, number>>;
}

export interface WriterRegistryEntry {
  readonly full_node_id: Uint64;
  readonly local_epoch: number;
}

export interface BootstrapEncryptionRequest {
  readonly wrapped_storage_dek: Uint8Array;
  readonly wrapped_raft_dek: Uint8Array;
  readonly storage_dek_id: number;
  readonly raft_dek_id: number;
  readonly writer_batch: readonly WriterRegistryEntry[];
}

/** Answer of every RPC that proposes one entry: the index it was committed at. */
export interface AppliedIndexResponse {
  readonly applied_index: Uint64;
}

export interface RotateDEKRequest {
  /** The enum's name; its number when the name is unknown. */
  readonly purpose: string | number;
  readonly wrapped_new_dek: Uint8Array;
  readonly new_dek_id: number;
  readonly proposer_node_id: Uint64;
  readonly proposer_local_epoch: number;
}

export interface RegisterEncryptionWriterRequest {
  readonly dek_id: number;
  readonly writers: readonly WriterRegistryEntry[];
}

export interface ResyncSidecarRequest {
  readonly caller_full_node_id: Uint64;
}

export interface ResyncSidecarResponse {
  readonly wrapped_deks_by_id: Readonly<Record<string, Uint8Array>>;
  readonly active_storage_id: number;
  readonly active_raft_id: number;
  readonly leader_latest_applied_index: Uint64;
  readonly writer_registry_for_caller: Readonly<Record<string, number>>;
}

/** Request of both cutovers. */
export interface EnableEnvelopeRequest {
  readonly proposer_node_id: Uint64;
  readonly proposer_local_epoch: number;
}

export interface CapabilitySummary {
  readonly full_node_id: FullNodeId;
  readonly encryption_capable: boolean;
  readonly build_sha: string;
  readonly sidecar_present: boolean;
}

export interface EnableStorageEnvelopeResponse {
  readonly applied_index: Uint64;
  readonly capability_summary: readonly CapabilitySummary[];
  readonly cutover_index_unknown: boolean;
  readonly was_already_active: boolean;
}

export interface EnableRaftEnvelopeResponse {
  readonly applied_index: Uint64;
  readonly capability_summary: readonly CapabilitySummary[];
  readonly was_already_active: boolean;
}
