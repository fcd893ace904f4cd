// Configuration changes as scripts write them: `v1 l2 r3 u4`. Shared by the interaction scripts and by those of the
// configuration changer, which spell and refuse them alike.
import type { ConfChangeSingle } from '../../raft/index.ts';
import { ConfChangeType } from '../../raft/index.ts';
import { own } from './args.ts';
import type { Parsed } from './go-values.ts';
import type { ScriptIds } from './script-ids.ts';

const TYPES: Readonly<Record<string, ConfChangeType>> = {
  v: ConfChangeType.AddNode,
  l: ConfChangeType.AddLearnerNode,
  r: ConfChangeType.RemoveNode,
  u: ConfChangeType.UpdateNode,
};

/** Reads changes separated by single spaces; no text is no change. @source raftpb ConfChangesFromString */
export function parseChanges(ids: ScriptIds, text: string): Parsed<ConfChangeSingle[]> {
  const changes: ConfChangeSingle[] = [];
  for (const token of text === '' ? [] : text.split(' ')) {
    if (new TextEncoder().encode(token).length < 2) return { ok: false, error: `unknown token ${token}` };
    const type = own(TYPES, token.slice(0, 1));
    if (type === undefined) return { ok: false, error: `unknown input: ${token}` };
    const id = ids.parse(token.slice(1));
    if (!id.ok) return id;
    changes.push({ type, nodeId: id.value });
  }
  return { ok: true, value: changes };
}
