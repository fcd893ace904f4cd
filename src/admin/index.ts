// The public surface of the admin layer. The gRPC listeners (`grpc-server.ts`) are not part of it: they load a library
// that only a served cluster needs, and are imported by whoever serves.
export { FANOUT_TIMEOUT_MS, capabilityFanout, fanOut, fanoutGroup, goDuration } from './capability.ts';
export type {
  CapabilityClient,
  CapabilityDial,
  ConfiguredServer,
  FanoutConfig,
  FanoutGroup,
  FanoutMember,
} from './capability.ts';
export { discoverWriters, parseWriters } from './discovery.ts';
export type { DiscoveredReport } from './discovery.ts';
export { ENCRYPTION_RPCS, encryptionAdmin } from './encryption-admin.ts';
export type { EncryptionAdmin, EncryptionRpc, Handler } from './encryption-admin.ts';
export { bootstrapEntry, registrationEntry, rotationEntry } from './entries.ts';
export * from './gates.ts';
export { GuardRefusal } from './guard-refusals.ts';
export type * from './messages.ts';
export { NO_NODE, deriveNodeId, deriveNodeIdOfBytes } from './node-id.ts';
export { BACKGROUND, EngineError } from './ports.ts';
export type * from './ports.ts';
export { isRegistered, register, registerJoiner, registrationIntent, watchRegistration } from './registration.ts';
export type { EnvelopeState, RegistrationIntent, RegistrationPath, Writer } from './registration.ts';
export { ROLLOUT_FACTS, rollout } from './rollout.ts';
export type { RolloutEvent } from './rollout.ts';
export { ROTATION_PENDING, StartupRotation } from './rotate-on-startup.ts';
export type { RotationPorts } from './rotate-on-startup.ts';
export {
  ENCRYPTION_ADMIN,
  RAW_KV,
  bind,
  bindEncryptionAdmin,
  notImplemented,
  onTheWire,
  unknownMethod,
  unknownService,
} from './service.ts';
export type { BoundMethod, Contract, Method } from './service.ts';
export { keyOf, sidecarFile, sidecarState } from './sidecar-file.ts';
export { STAGES, STAGE_NAMES, isBefore, stageOf } from './stages.ts';
export type { Stage } from './stages.ts';
export { engineRefusal, startAfterReplay, startBeforeOpen } from './startup-sequence.ts';
export type { DiskView, ReplayedView, StartInput, StartPlan } from './startup-sequence.ts';
export { isSidecarRelevant } from './startup-log.ts';
export type { RelevantScan } from './startup-log.ts';
export { Semaphore, once, orEnd, pause, spawn, withTimeout } from './waiting.ts';
export type { BoundedContext } from './waiting.ts';
export { bareWiring, validateWiring } from './wiring.ts';
export type { Wiring } from './wiring.ts';
