// The built-in feature: the encryption rollout of the store. Its face is small enough to be searched exhaustively;
// behind it stands the byte-exact implementation of every release. Builds are sketched with `encryption.build`, as those
// of any feature, or taken from the stage table with `stage`, real flags and all.
import { every, ghost, log, self } from '../gate/atom.ts';
import { STAGE_NAMES, stageOf } from '../admin/stages.ts';
import type { Stage } from '../admin/stages.ts';
import type { Build, BuildOptions } from '../scenario/build.ts';
import { inputError } from '../scenario/place.ts';
import type { CallOptions, Plan } from '../scenario/plan.ts';
import type { DispatchTable } from '../fsm/opcodes.ts';
import { builtin } from '../scenario/properties.ts';
import type { Property } from '../scenario/properties.ts';
import { subjectOf } from '../scenario/subject.ts';
import type { Subject } from '../scenario/subject.ts';
import { unknownName } from '../scenario/suggest.ts';
import { apply, isCapable, isSet } from './encryption/face.ts';
import type { Op, State } from './encryption/face.ts';
import { encryptionFactory } from './encryption/factory.ts';
import { releaseGates } from './encryption/profile.ts';
import { ENCRYPTION_PROPERTIES, ENCRYPTION_PROPERTY_NAMES } from './encryption/properties/index.ts';
import type { EncryptionProperty } from './encryption/properties/index.ts';
import { WRONG } from './encryption/wrong.ts';
import type { Wrong } from './encryption/wrong.ts';

export type { State } from './encryption/face.ts';
export { ENCRYPTION_PROPERTY_NAMES } from './encryption/properties/index.ts';
export type { EncryptionProperty } from './encryption/properties/index.ts';
export { WRONG } from './encryption/wrong.ts';
export type { Wrong } from './encryption/wrong.ts';

const subject = subjectOf(
  {
    name: 'elastickv-encryption',
    opcodes: { registration: 0x03, bootstrap: 0x04, rotation: 0x05 },
    initial: (): State => ({ registered: [], epoch: 0 }),
    apply,
    rpcs: {
      GetCapability: { answers: (me) => ({ encryptionCapable: isCapable(me) }) },
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
      bootstrapped: log((s: State) => s.epoch > 0),
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
  encryptionFactory,
  ENCRYPTION_PROPERTIES,
);

type Parts<T> = T extends Subject<infer _Op, infer A, infer Rpc, infer _S> ? { atom: A; rpc: Rpc } : never;
export type EncryptionAtom = Parts<typeof subject>['atom'];
export type EncryptionRpcName = Parts<typeof subject>['rpc'];

/** Both cutovers are rotation entries with a sub-tag of their own, which old releases do not know. */
const SUB_TAG_OF: Readonly<Record<string, string>> = {
  EnableStorageEnvelope: 'storageEnvelope',
  EnableRaftEnvelope: 'raftEnvelope',
};

/** The encryption rollout. */
export const encryption: Subject<Op, EncryptionAtom, EncryptionRpcName, State> = {
  ...subject,
  build(name, options) {
    if (options.stage === undefined) return subject.build(name, options);
    const { name: row } = released(options.stage);
    return subject.build(name, { ...options, stage: row, config: { ...options.config, stage: row } });
  },
  call(rpc: EncryptionRpcName, options: CallOptions = {}): Plan {
    const subTag = SUB_TAG_OF[rpc];
    return subject.call(rpc, subTag === undefined ? options : { ...options, args: { ...options.args, subTag } });
  },
};

/** A property of the feature, by name. */
export function property(name: EncryptionProperty): Property {
  return builtin(name);
}

/** All properties of the feature but those named. */
export function propertiesBut(...without: readonly EncryptionProperty[]): Property[] {
  return ENCRYPTION_PROPERTY_NAMES.filter((name) => !without.includes(name)).map((name) => builtin(name));
}

/** Command line flags of one process of the store. */
export interface StageFlags {
  /** `--encryption-enabled` */
  readonly encryptionEnabled?: boolean;
  /** `--kekFile`; the operator puts the file there before the first start. */
  readonly kekFile?: string | null;
  /** `--encryptionSidecarPath`; a name that ends with a slash is a directory. */
  readonly sidecarPath?: string | null;
  /** `--encryption-rotate-on-startup` */
  readonly rotateOnStartup?: boolean;
  /** Which KEK is in the file: equal names are equal keys. Null: the operator forgot the file. */
  readonly kek?: string | null;
}

/** No encryption flag. */
export const NO_FLAGS: StageFlags = {};
/** The sidecar path alone: what round 2 of the review took for "capable". */
export const PATH_ONLY: StageFlags = { sidecarPath: 'enc/' };
/** All three flags of the triple gate. */
export const ALL_FLAGS: StageFlags = { encryptionEnabled: true, kekFile: 'kek.bin', sidecarPath: 'enc/' };

/** What a build of a release may be given besides its flags. */
export interface StageOptions {
  /** Default: the row and the flags, such as `stage6B-2 (enabled, kek, path)`. */
  readonly name?: string;
  /** Gates in place of the release's own, or at points where it has none. */
  readonly gates?: NonNullable<BuildOptions<Op, EncryptionAtom, EncryptionRpcName>['gates']>;
  /** In what it deviates from the release; see `WRONG`. */
  readonly wrong?: readonly Wrong[];
  /**
   * Whether the leader of the default group renews the clock's lease each second, as the real store does. Off by default:
   * the entries decide nothing but when a log that is cut by its length is cut.
   */
  readonly leases?: boolean;
  /** Facts of the stage table it has otherwise: a guard less, a cache of its own. */
  readonly row?: RowFacts;
}

/** What a build may have otherwise than its row of the stage table. */
export type RowFacts = Partial<
  Pick<
    Stage,
    | 'guards'
    | 'stateCache'
    | 'sidecarIndex'
    | 'coldStart'
    | 'registers'
    | 'rotationEpoch'
    | 'raftWrapGate'
    | 'raftEnvelope'
  >
> & { readonly dispatch?: DispatchTable };

/**
 * A build of one release under the flags of one node.
 * @param release a row of the stage table: its name, another of its names, or a commit it describes
 * @param options a name, or a name and gates of one's own
 * @throws InputError SCN005 for a bad gate, SCN008 for a release that is not in the table
 */
export function stage(release: string, flags: StageFlags = NO_FLAGS, options: string | StageOptions = {}): Build {
  const row = released(release);
  const { name, gates, wrong, leases, row: otherwise } = typeof options === 'string' ? { name: options } : options;
  const serves = row.service === 'none' ? [] : row.handlers;
  const aliases = serves.includes('RegisterEncryptionWriter') ? (['RegisterWriter'] as const) : [];
  return encryption.build(name ?? `stage${row.name}${flagWords(flags)}${wrongWords(wrong ?? [])}`, {
    applies: row.applier === 'none' ? [] : ['registration', 'bootstrap', 'rotation'],
    serves: [...serves, ...aliases],
    config: {
      ...flags,
      ...(wrong === undefined ? {} : { wrong }),
      ...(leases === true ? { leases } : {}),
      ...(otherwise === undefined ? {} : { row: otherwise }),
    },
    gates: { ...(releaseGates(row) as Record<string, never>), ...gates },
    onHalt: row.onHalt,
    stage: row.name,
  });
}

function released(release: string): Stage {
  const row = stageOf(release);
  if (row === null) throw inputError('SCN008', `stage: ${unknownName('release', release, STAGE_NAMES)}`);
  return row;
}

function wrongWords(wrong: readonly Wrong[]): string {
  return wrong.length === 0 ? '' : ` that ${wrong.map((one) => WRONG[one]).join(' and ')}`;
}

function flagWords(flags: StageFlags): string {
  const words = [
    flags.encryptionEnabled === true ? ['enabled'] : [],
    isSet(flags.kekFile) ? ['kek'] : [],
    isSet(flags.sidecarPath) ? ['path'] : [],
    flags.rotateOnStartup === true ? ['rotate'] : [],
    flags.kek === null ? ['no key file'] : isSet(flags.kek) ? [`key ${String(flags.kek)}`] : [],
  ].flat();
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}
