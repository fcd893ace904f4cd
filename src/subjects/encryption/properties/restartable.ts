// A node that served comes back. A restart with the same flags, of the same binary or a later one, is what operators do without
// thinking: if it may fail, the cluster is one power cut away from losing a member, and a rolling restart or upgrade away from
// losing all of them. A disk that somebody meddled with is another matter, and so is an older binary: there a refusal is the
// right answer.
import { isBefore, stageOf } from '../../../admin/stages.ts';
import type { Halt } from '../../../fsm/state-machine.ts';
import type { Build } from '../../../scenario/build.ts';
import { canonicalJson } from '../../../scenario/canonical.ts';
import type { ProcessEvent, Watch, WatchContext } from '../../../scenario/watch.ts';

interface Served {
  readonly build: Build;
  /** Whether it is being started again with the same flags. */
  again: boolean;
  /** Whether the process of now has opened its listeners. */
  serving: boolean;
  halted: Halt | null;
}

/** A node restarted with unchanged flags serves again. */
export class Restartable implements Watch {
  readonly name = 'restartable';
  readonly says = 'a node restarted with unchanged flags serves again';
  readonly #ctx: WatchContext;
  /** By node: what it served as last; undefined before, or where its disk was changed by hand. */
  readonly #served: (Served | undefined)[] = [];

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
  }

  onDisk(node: number): void {
    this.#served[node] = undefined;
  }

  onHalt(node: number, _group: number, halt: Halt): void {
    const served = this.#served[node];
    if (served !== undefined) served.halted = halt;
  }

  onProcess(node: number, what: ProcessEvent, build: Build, detail: string): void {
    const served = this.#served[node];
    if (what === 'serving') {
      this.#served[node] = { build, again: false, serving: true, halted: null };
    } else if (served === undefined) {
      return;
    } else if (what === 'start') {
      if (keepsFlags(served.build, build)) this.#served[node] = { build, again: true, serving: false, halted: null };
      else this.#served[node] = undefined;
    } else if (what === 'refused' && served.again && !served.serving) {
      this.#refused(node, build, detail, served.halted);
    }
  }

  #refused(node: number, build: Build, detail: string, halt: Halt | null): void {
    this.#ctx.violated(this.name, halt === null ? codeOf(detail) : `halts-again ${halt.code}`, node, 0, () => {
      return `${this.#ctx.nodes[node]!}, restarted as ${build.name}, does not come back: ${detail}`;
    });
  }
}

/** Whether a start asks nothing new of a node: the same flags, and a binary that is not older. */
function keepsFlags(before: Build, now: Build): boolean {
  if (before === now) return true;
  const from = stageOf(before.stage ?? '');
  const to = stageOf(now.stage ?? '');
  if (from === null || to === null || isBefore(to, from)) return false;
  return flagsText(before) === flagsText(now);
}

/** All that a build was configured with but its release. */
function flagsText({ config }: Build): string {
  return canonicalJson({ ...config, stage: '' });
}

const CLASSES: readonly (readonly [in_: string, code: string])[] = [
  ['has no row for', 'ErrLocalEpochRollback, no row'],
  ['after raft replay', 'ErrLocalEpochRollback, after replay'],
  ['local_epoch', 'ErrLocalEpochRollback'],
  ['node_id', 'ErrNodeIDCollision'],
  ['restored_snapshot_cutover', 'ErrEnvelopeCutoverDivergence'],
  ['sidecar_applied_index', 'ErrSidecarBehindRaftLog'],
  ['scan raft entries', 'ErrSidecarBehindRaftLog'],
  ['KEK', 'ErrKEKMismatch'],
  ['hydrate keystore', 'hydrate'],
];

function codeOf(detail: string): string {
  return CLASSES.find(([part]) => detail.includes(part))?.[1] ?? 'refused';
}
