// The feature as the exhaustive search sees it: what each opcode does to a replica, in a few lines. It is an abstraction,
// and honest about what it leaves out: it agrees with the byte-exact implementation on which entry halts which build, and
// a test holds it to that for every release, every set of flags and every opcode.
import type { SelfView } from '../../gate/atom.ts';
import { evaluate } from '../../gate/formula.ts';
import { SubTag } from '../../fsm/opcodes.ts';
import type { Entry, Halt } from '../../scenario/subject.ts';
import { stageOf } from '../../admin/stages.ts';
import type { Stage } from '../../admin/stages.ts';

/** What a property sees of a replica. */
export type State = {
  /** Full node ids with a writer registration. */
  readonly registered: readonly string[];
  /** 0 before the bootstrap, 1 after it, one more with each rotation of a DEK. */
  readonly epoch: number;
};

export type Op = 'registration' | 'bootstrap' | 'rotation';

/** The sub-tag a rotation entry carries, by the name a call gives it. */
const SUB_TAGS: Readonly<Record<string, SubTag>> = {
  storageEnvelope: SubTag.EnableStorageEnvelope,
  raftEnvelope: SubTag.EnableRaftEnvelope,
};

/** The release a build names; null for a sketch, which is what its `applies` says. */
function releaseOf(me: SelfView): Stage | null {
  const name = me.config['stage'];
  return typeof name === 'string' ? stageOf(name) : null;
}

/** Whether a flag has a value. */
export function isSet(flag: unknown): boolean {
  return flag !== null && flag !== undefined && flag !== '';
}

/** Bootstrap and rotation unwrap key material and record it: they need a KEK, and a path to record it at. */
function configured(me: SelfView, release: Stage | null): boolean {
  const wired = release === null || (release.applier === 'full' && release.kekWired);
  return wired && isSet(me.config['kekFile']) && isSet(me.config['sidecarPath']);
}

/** What a replica makes of one entry, or why it stops. */
export function apply(s: State, entry: Entry<Op>, me: SelfView): State | Halt {
  const release = releaseOf(me);
  // A binary from before the closed band takes these bytes for damaged data, and skips them like every other replica.
  if (release !== null && release.dispatch.closedBand === null) return s;
  if (!me.applies(entry.op)) return { halt: 'no applier for this opcode' };
  const subTag = SUB_TAGS[entry.args['subTag'] ?? ''] ?? SubTag.RotateDek;
  if (entry.op === 'rotation' && release !== null && !release.dispatch.subTags.some((known) => known === subTag)) {
    return { halt: 'unknown rotation sub-tag' };
  }
  if (entry.op !== 'registration' && !configured(me, release)) return { halt: 'ErrKEKNotConfigured' };
  switch (entry.op) {
    case 'registration': {
      const id = entry.args['fullNodeId'] ?? '';
      return s.registered.includes(id) ? s : { ...s, registered: [...s.registered, id] };
    }
    case 'bootstrap':
      // A second bootstrap is accepted as the replay of the first, and refused once a rotation has moved the keys on.
      return s.epoch > 1 ? { halt: 'already bootstrapped' } : { ...s, epoch: 1 };
    case 'rotation':
      if (s.epoch === 0) return { halt: 'not bootstrapped' };
      return subTag === SubTag.RotateDek ? { ...s, epoch: s.epoch + 1 } : s;
  }
}

/**
 * What a process answers to GetCapability: a release says whether a sidecar path is set, whatever it can apply; a sketch
 * says the truth.
 */
export function isCapable(me: SelfView): boolean {
  const release = releaseOf(me);
  if (release === null) return me.applies('bootstrap') && isSet(me.config['kekFile']);
  return evaluate(release.capability.formula, (atom) => atom === 'sidecarPathSet' && isSet(me.config['sidecarPath']));
}
