// The sidecar and the log tell one story. A sidecar that claims an index its log does not have came from another log, or from
// another disk; one that lacks what its log has applied makes a node that serves without keys, and nothing but a restart
// would ask. "Silently" is the word: a node that refuses to start has said so.
import { Failure } from '../../../fsm/failure.ts';
import { Opcode, SubTag } from '../../../fsm/opcodes.ts';
import { isMissing, readSidecar } from '../../../fsm/encryption/index.ts';
import type { Sidecar } from '../../../fsm/encryption/index.ts';
import type { Build } from '../../../scenario/build.ts';
import type { LogEntry, ProcessEvent, Watch, WatchContext } from '../../../scenario/watch.ts';
import type { Inspection } from '../facts.ts';
import { Cutovers } from './cutovers.ts';
import type { Moved } from './cutovers.ts';
import { inspect } from './fact-of.ts';

/** The group whose log the sidecar belongs to. */
const DEFAULT_GROUP = 1;

/** The sidecar of a serving process is neither ahead of its log nor, in silence, behind it. */
export class SidecarInStep implements Watch {
  readonly name = 'sidecar-in-step';
  readonly says = 'a serving node has a sidecar that is neither ahead of its log nor behind it';
  readonly #ctx: WatchContext;
  readonly #cutovers = new Cutovers();

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
  }

  onFact(node: number, fact: object): void {
    this.#cutovers.onFact(node, fact);
  }

  onProcess(node: number, what: ProcessEvent, _build: Build): void {
    if (what === 'serving') this.#look(node);
  }

  onApply(node: number, group: number, entry: LogEntry): void {
    if (this.#cutovers.applied(node, group, entry.index) !== null) this.#look(node);
  }

  onSnapshot(node: number, group: number, did: 'take' | 'install'): void {
    if (did === 'install' && group === DEFAULT_GROUP) this.#look(node);
  }

  onEnd(): void {
    for (let node = 1; node < this.#ctx.nodes.length; node++) this.#look(node);
  }

  #look(node: number): void {
    const process = inspect(this.#ctx, node);
    const path = process?.flags.sidecarPath ?? null;
    if (process === null || path === null || !process.configured) return;
    const sidecar = readSidecar(this.#ctx.files(node), path);
    if (sidecar instanceof Failure && !isMissing(sidecar)) return;
    const found = sidecar instanceof Failure ? null : sidecar;
    this.#judgeAhead(node, found);
    this.#judgeBehind(node, process, found);
  }

  #judgeAhead(node: number, sidecar: Sidecar | null): void {
    const last = this.#ctx.lastIndex(node, DEFAULT_GROUP);
    if (sidecar === null || sidecar.raftAppliedIndex <= BigInt(last)) return;
    this.#ctx.violated(this.name, 'ahead', node, DEFAULT_GROUP, () => {
      const claims = `claims index ${sidecar.raftAppliedIndex} of ${this.#ctx.groups[DEFAULT_GROUP]!}`;
      return `the sidecar of ${this.#ctx.nodes[node]!} ${claims}, whose log ends at ${last}`;
    });
  }

  #judgeBehind(node: number, process: Inspection, sidecar: Sidecar | null): void {
    for (const moved of this.#cutovers.moved) {
      if (process.replicas[moved.group] === undefined || this.#ctx.applied(node, moved.group) < moved.index) continue;
      const lacks = lacking(moved, sidecar);
      if (lacks === null) continue;
      const code = sidecar === null ? 'missing' : 'behind';
      this.#ctx.violated(this.name, code, node, moved.group, () => {
        const { nodes, groups } = this.#ctx;
        const at = `index ${moved.index} of ${groups[moved.group]!}`;
        return `${nodes[node]!} serves past ${at} and its sidecar ${sidecar === null ? 'does not exist' : `has no ${lacks}`}`;
      });
      return;
    }
  }
}

/** What a sidecar does not have of an entry that took effect; null if nothing. */
function lacking({ opcode, subTag, dekId }: Moved, sidecar: Sidecar | null): string | null {
  if (sidecar === null) return 'anything';
  if (opcode === Opcode.Rotation && subTag === SubTag.EnableStorageEnvelope) {
    if (!sidecar.storageEnvelopeActive) return 'storage cutover';
    return sidecar.storageEnvelopeCutoverIndex === 0n ? 'index of the storage cutover' : null;
  }
  if (opcode === Opcode.Rotation && subTag === SubTag.EnableRaftEnvelope) {
    return sidecar.raftEnvelopeCutoverIndex !== 0n ? null : 'raft cutover';
  }
  return sidecar.keys?.has(String(dekId)) === true ? null : `DEK ${dekId}`;
}
