// What a read carries through the core and back: a number that no other read of its replica has, over all incarnations. An
// answer that comes late, to a process that has restarted since, must not be taken for the answer to a newer read.
import { MessageType, type Message } from '../../raft/index.ts';

/** Reads of one incarnation. */
export const READS_PER_INCARNATION = 1 << 20;

/** A number for a read that no other read of the run has. */
export function readName(node: number, group: number, id: number): number {
  return (id * 64 + group) * 64 + node;
}

/** The number as the bytes the core carries. */
export function contextOf(id: number): Uint8Array {
  return Uint8Array.of(id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255);
}

/** The number back from the bytes. */
export function idOf(context: Uint8Array): number {
  return ((context[0]! << 24) | (context[1]! << 16) | (context[2]! << 8) | context[3]!) >>> 0;
}

/** Whether a leader learns of its peer from a message. */
export function isAnswer(type: Message['type']): boolean {
  return type === MessageType.MsgAppResp || type === MessageType.MsgHeartbeatResp;
}
