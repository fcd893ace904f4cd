// The built-in feature: the encryption rollout of the store. This is its face, small enough to be searched
// exhaustively: what each opcode does to a replica, which RPC proposes what, which facts a gate may read. The byte-exact
// implementation stands behind it; both agree on what halts, and a test holds them to it.
import { every, ghost, self } from '../gate/atom.ts';
import type { SelfView } from '../gate/atom.ts';
import { subjectOf } from '../scenario/subject.ts';
import type { Entry, Halt } from '../scenario/subject.ts';

/** What a property sees of a replica. */
export type State = {
  /** Full node ids with a writer registration, in order of registration. */
  readonly registered: readonly string[];
  /** 0 before the bootstrap, 1 after it, one more with each rotation of a DEK. */
  readonly epoch: number;
};

type Op = 'registration' | 'bootstrap' | 'rotation';

/** Bootstrap and rotation unwrap key material, and record it: without a KEK and a sidecar path they cannot. */
function configured(me: SelfView): boolean {
  return isSet(me.config['kekFile']) && isSet(me.config['sidecarPath']);
}

function isSet(flag: unknown): boolean {
  return flag !== null && flag !== undefined && flag !== '';
}

function apply(s: State, entry: Entry<Op>, me: SelfView): State | Halt {
  if (!me.applies(entry.op)) return { halt: 'no applier for this opcode' };
  if (entry.op !== 'registration' && !configured(me)) return { halt: 'ErrKEKNotConfigured' };
  switch (entry.op) {
    case 'registration': {
      const id = entry.args['fullNodeId'] ?? '';
      return s.registered.includes(id) ? s : { ...s, registered: [...s.registered, id] };
    }
    case 'bootstrap':
      return { ...s, epoch: 1 };
    case 'rotation':
      return s.epoch > 0 ? { ...s, epoch: s.epoch + 1 } : { halt: 'not bootstrapped' };
  }
}

function capable(me: SelfView): boolean {
  return me.applies('bootstrap') && isSet(me.config['kekFile']);
}

/** The encryption rollout. */
export const encryption = subjectOf(
  {
    name: 'elastickv-encryption',
    opcodes: { registration: 0x03, bootstrap: 0x04, rotation: 0x05 },
    initial: (): State => ({ registered: [], epoch: 0 }),
    apply,
    rpcs: {
      GetCapability: { answers: (me) => ({ encryptionCapable: capable(me) }) },
      GetSidecarState: { answers: () => ({}) },
      ResyncSidecar: { answers: () => ({}) },
      RegisterWriter: { proposes: 'registration' },
      RegisterEncryptionWriter: { proposes: 'registration' },
      BootstrapEncryption: { proposes: 'bootstrap' },
      RotateDEK: { proposes: 'rotation' },
      EnableStorageEnvelope: { proposes: 'rotation' },
      EnableRaftEnvelope: { proposes: 'rotation' },
    },
    atoms: {
      encryptionEnabled: self((me) => me.config['encryptionEnabled'] === true),
      kekFileSet: self((me) => isSet(me.config['kekFile'])),
      sidecarPathSet: self((me) => isSet(me.config['sidecarPath'])),
      applierWired: self((me) => me.applies('bootstrap')),
      votersCapable: every('voters', 'GetCapability', (a) => a.encryptionCapable),
      groupCapable: every('votersAndLearners', 'GetCapability', (a) => a.encryptionCapable),
      clusterCapable: every('votersAndLearnersOfEveryGroup', 'GetCapability', (a) => a.encryptionCapable, {
        fresh: '1 election timeout',
        onSilence: 'refuse',
      }),
      joinerCapable: every('joiner', 'GetCapability', (a) => a.encryptionCapable),
      trulyCapable: ghost((c, who) => c.node(who).build.startsWith('stage6B')),
    },
  },
  null,
);
