// The events of a run. They are hashed as they happen and kept only when asked for, so that an untraced run costs
// little and is still held to the same hash.
import type { GateDecision } from '../../gate/gate-point.ts';

/** Node and group names are strings here, at the edge; the simulator keeps small integers. */
export interface EventPlace {
  readonly seq: number;
  readonly atMs: number;
  readonly node: string;
  readonly group: string;
}

export type TraceEvent = EventPlace &
  (
    | {
        readonly kind: 'send' | 'deliver' | 'lose';
        readonly from: string;
        readonly to: string;
        /** etcd's message type name, `MsgApp`. */
        readonly type: string;
        readonly term: number;
        readonly index: number;
        readonly entries: number;
        readonly commit: number;
      }
    | {
        readonly kind: 'role';
        readonly role: 'follower' | 'candidate' | 'leader' | 'preCandidate';
        readonly term: number;
      }
    | {
        readonly kind: 'append';
        readonly index: number;
        readonly term: number;
        readonly opcode: number;
        readonly name: string;
      }
    | { readonly kind: 'commit'; readonly index: number; readonly term: number }
    | {
        readonly kind: 'apply';
        readonly index: number;
        readonly term: number;
        readonly opcode: number;
        readonly name: string;
        readonly error: string | null;
      }
    | {
        readonly kind: 'haltApply';
        readonly index: number;
        readonly opcode: number;
        readonly code: string;
        readonly detail: string;
      }
    | { readonly kind: 'snapshot'; readonly did: 'take' | 'install'; readonly index: number }
    | {
        readonly kind: 'conf';
        readonly index: number;
        readonly voters: readonly string[];
        readonly learners: readonly string[];
      }
    | { readonly kind: 'gate'; readonly decision: GateDecision }
    | { readonly kind: 'call'; readonly call: number; readonly rpc: string; readonly detail: string }
    | {
        readonly kind: 'return';
        readonly call: number;
        readonly rpc: string;
        readonly code: string;
        readonly message: string;
      }
    | {
        readonly kind: 'start' | 'stop' | 'crash' | 'pause' | 'resume' | 'refused' | 'exit' | 'serving';
        readonly build: string;
        readonly detail: string;
      }
    | { readonly kind: 'fault' | 'heal'; readonly detail: string }
    | { readonly kind: 'plan'; readonly path: string; readonly detail: string }
    | {
        readonly kind: 'kv';
        readonly client: number;
        readonly op: 'put' | 'get';
        readonly phase: 'call' | 'ok' | 'fail' | 'unknown';
        readonly key: string;
        readonly value: string | null;
      }
  );

export type TraceKind = TraceEvent['kind'];
