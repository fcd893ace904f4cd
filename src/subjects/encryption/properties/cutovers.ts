// Which encryption entries took effect, and where: the history that the log of a group has written down, as far as any replica
// has applied it. The first to apply an entry with effect is believed; a replica that makes nothing of the same entry is
// what properties look for.
import { Opcode, SubTag } from '../../../fsm/opcodes.ts';
import type { Applied } from '../facts.ts';
import { isFact } from './fact-of.ts';

/** One entry that moved keys or switches. */
export interface Moved {
  readonly group: number;
  readonly index: number;
  readonly opcode: number;
  readonly subTag: number;
  readonly dekId: number;
}

/** Joins what appliers tell with the index their replica reports right after. */
export class Cutovers {
  /** In the order in which they were first seen. */
  readonly moved: Moved[] = [];
  readonly #told: (Applied | null)[] = [];

  /** Takes a fact. */
  onFact(node: number, fact: object): void {
    if (isFact(fact) && fact.kind === 'applied') this.#told[node] = fact;
  }

  /** The applier's word for the entry that was just applied; null if no applier took it. */
  applied(node: number, group: number, index: number): Applied | null {
    const told = this.#told[node] ?? null;
    this.#told[node] = null;
    if (told === null || told.group !== group) return null;
    const { opcode, subTag, dekId, effect } = told;
    const known = this.moved.some((one) => one.group === group && one.index === index);
    if (effect && !known && opcode !== Opcode.Registration) this.moved.push({ group, index, opcode, subTag, dekId });
    return told;
  }

  /** Where the storage cutover took effect; null before. */
  storage(): Moved | null {
    return this.#first(SubTag.EnableStorageEnvelope);
  }

  /** Where the raft cutover took effect; null before. */
  raft(): Moved | null {
    return this.#first(SubTag.EnableRaftEnvelope);
  }

  #first(subTag: SubTag): Moved | null {
    return this.moved.find((one) => one.opcode === Opcode.Rotation && one.subTag === subTag) ?? null;
  }
}
