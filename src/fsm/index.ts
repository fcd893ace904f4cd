// The replicated state machine: its contract, the store's own, and the engine's half of applying an entry.
export * from './apply-loop.ts';
export * from './encryption/index.ts';
export * from './failure.ts';
export * from './hlc.ts';
export * from './kv-codec.ts';
export * from './kv-fsm.ts';
export * from './kv-store.ts';
export * from './opcodes.ts';
export * from './proposal-envelope.ts';
export * from './state-machine.ts';
