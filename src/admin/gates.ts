// Every gate the rollout ever had, and those that were proposed for it, as guards over named facts. The refuted ones
// stay beside the one in force, so that each refutation can be run again: a gate that reads well is exactly the kind
// that passes a review. The facts are the subject's atoms; which build holds which gate where is in the stage table.
import { and } from 'xstate';
import { closed, open } from '../gate/formula.ts';
import { gate } from '../gate/gate.ts';
import type { NamedGate } from '../gate/gate.ts';

/** Refuted: whoever asks may propose, whether or not a replica can apply it. */
export const alwaysWired = gate('always-wired', open);

/** Refuted: a sidecar path says "can answer the capability probe", not "can apply". */
export const bySidecarPath = gate('by-sidecar-path', 'sidecarPathSet');

/** In force until an applier exists: nothing proposes what nobody can apply. */
export const neverWired = gate('never-wired', closed);

/** Refuted: without a path the applier is not configured, and the entry the leader proposes halts its own replica. */
export const byTwoFlags = gate('by-two-flags', and(['encryptionEnabled', 'kekFileSet']));

/** The node can apply what it proposes, and its operator asked for it. Says nothing about its peers. */
export const nodeLocal = gate('node-local', and(['encryptionEnabled', 'kekFileSet', 'sidecarPathSet']));

/** Proposed: ask the binary instead of its flags. As blind to peers as the flags are. */
export const byApplier = gate('by-applier', and(['applierWired', 'kekFileSet', 'sidecarPathSet']));

/** Refuted: a learner applies every entry a voter applies. */
export const capableVoters = gate('capable-voters', 'votersCapable');

/** Proposed: every member of the addressed group said that it can apply, a moment ago. */
export const capableGroup = gate('capable-group', 'groupCapable');

/** What a cutover asks: every member of every group hosted here, voters and learners. */
export const capableCluster = gate('capable-cluster', 'clusterCapable');

/** Proposed: what a mutator would have to ask besides its own flags. */
export const nodeLocalAndCluster = gate(
  'node-local-and-cluster',
  and(['encryptionEnabled', 'kekFileSet', 'sidecarPathSet', 'clusterCapable']),
);

/** Proposed for membership changes: nobody joins or is promoted who cannot apply what the log may hold. */
export const capableJoiner = gate('capable-joiner', 'joinerCapable');

/** All of them, in the order of the rollout's history; proposals stand behind what shipped. */
export const GATES: readonly NamedGate[] = [
  alwaysWired,
  bySidecarPath,
  neverWired,
  byTwoFlags,
  nodeLocal,
  byApplier,
  capableVoters,
  capableGroup,
  capableCluster,
  nodeLocalAndCluster,
  capableJoiner,
];
