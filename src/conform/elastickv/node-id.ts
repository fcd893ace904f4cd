// Drives the recorded identities: raft ids to full ids to their low sixteen bits, real collisions of those, and inputs
// whose hash is zero, some of which are no valid UTF-8 and so have no string form.
import type { FullNodeId } from '../../base/ids.ts';
import { deriveNodeId, deriveNodeIdOfBytes } from '../../admin/node-id.ts';
import { nodeId16 } from '../../fsm/encryption/node-id16.ts';
import type { CaseResult } from './case-result.ts';

interface Case {
  readonly id?: string;
  readonly utf8_hex: string;
  readonly full_node_id: string;
  readonly node_id16: number;
}
interface Collision {
  readonly a: string;
  readonly b: string;
  readonly full_a: string;
  readonly full_b: string;
  readonly node_id16: number;
}
interface Corpus {
  readonly cases: readonly Case[];
  readonly hash_zero_mapped_to_one: readonly Case[];
  readonly collisions: readonly Collision[];
}

/** Runs every case of a `derive-node-id.json`. */
export function runNodeId(json: unknown): CaseResult[] {
  const corpus = json as Corpus;
  const singles = [...corpus.cases, ...corpus.hash_zero_mapped_to_one].map((c) => ({
    name: c.id === undefined ? `bytes ${c.utf8_hex}` : `id ${JSON.stringify(c.id)}`,
    problem: single(c),
  }));
  return [...singles, ...corpus.collisions.map((c) => ({ name: `collision ${c.a}/${c.b}`, problem: collision(c) }))];
}

function single(c: Case): string | null {
  const bytes = Uint8Array.from(Buffer.from(c.utf8_hex, 'hex'));
  const derived = [deriveNodeIdOfBytes(bytes), ...(c.id === undefined ? [] : [deriveNodeId(c.id)])];
  for (const full of derived) {
    if (full !== c.full_node_id) return `want ${c.full_node_id}, got ${full}`;
    if (nodeId16(full) !== c.node_id16) return `want low bits ${c.node_id16}, got ${nodeId16(full)}`;
  }
  return null;
}

function collision(c: Collision): string | null {
  const [a, b]: [FullNodeId, FullNodeId] = [deriveNodeId(c.a), deriveNodeId(c.b)];
  if (a !== c.full_a || b !== c.full_b) return `want ${c.full_a} and ${c.full_b}, got ${a} and ${b}`;
  const meet = nodeId16(a) === c.node_id16 && nodeId16(b) === c.node_id16;
  return meet ? null : `${a} and ${b} do not both narrow to ${c.node_id16}`;
}
