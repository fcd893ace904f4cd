// The face of the built-in feature and its byte-exact implementation: they agree on what every entry does to every
// release under every set of flags, halts first.
import test from 'ava';
import { bootstrapEntry, deriveNodeId, registrationEntry, rotationEntry, STAGES } from '../../src/admin/index.ts';
import type { FullNodeId } from '../../src/base/ids.ts';
import { KekWrapper } from '../../src/fsm/encryption/index.ts';
import { Failure } from '../../src/fsm/failure.ts';
import { Purpose, SubTag } from '../../src/fsm/opcodes.ts';
import type { Build } from '../../src/index.ts';
import { selfView } from '../../src/scenario/self-view.ts';
import type { ProcessPort } from '../../src/scenario/program.ts';
import { keyBytes } from '../../src/subjects/encryption/flags.ts';
import { encryption, stage } from '../../src/subjects/encryption.ts';
import type { StageFlags, State } from '../../src/subjects/encryption.ts';
import { FakeCluster } from '../scenario/fake-process.ts';

type Step = 'registration' | 'bootstrap' | 'rotation' | 'storageEnvelope' | 'raftEnvelope';

const SEQUENCES: readonly (readonly Step[])[] = [
  ['registration'],
  ['bootstrap'],
  ['rotation'],
  ['storageEnvelope'],
  ['raftEnvelope'],
  ['registration', 'bootstrap', 'rotation'],
  ['bootstrap', 'bootstrap'],
  ['bootstrap', 'storageEnvelope', 'rotation'],
  ['bootstrap', 'raftEnvelope'],
  ['bootstrap', 'rotation', 'bootstrap'],
];

const me = deriveNodeId('n1');
const kek = new KekWrapper(keyBytes('kek/cluster'), 'test');

function wrapped(name: string): Uint8Array {
  const dek = kek.wrap(keyBytes(name), { next: () => keyBytes(`nonce/${name}`).subarray(0, 12) });
  if (dek instanceof Failure) throw new TypeError(dek.text);
  return dek;
}

/** A real payload of each kind. */
function payloadOf(step: Step): Uint8Array {
  const proposer = (dekId: number) => ({ dekId, fullNodeId: me as FullNodeId, localEpoch: 0 });
  switch (step) {
    case 'registration':
      return registrationEntry(proposer(1));
    case 'bootstrap':
      return bootstrapEntry({
        wrapped_storage_dek: wrapped('storage'),
        wrapped_raft_dek: wrapped('raft'),
        storage_dek_id: 1,
        raft_dek_id: 2,
        writer_batch: [{ full_node_id: me, local_epoch: 0 }],
      });
    case 'rotation':
      return rotationEntry({
        subTag: SubTag.RotateDek,
        dekId: 3,
        purpose: Purpose.Storage,
        wrapped: wrapped('third'),
        proposer: proposer(3),
      });
    case 'storageEnvelope':
      return rotationEntry({
        subTag: SubTag.EnableStorageEnvelope,
        dekId: 1,
        purpose: Purpose.Storage,
        wrapped: new Uint8Array(0),
        proposer: proposer(1),
      });
    case 'raftEnvelope':
      return rotationEntry({
        subTag: SubTag.EnableRaftEnvelope,
        dekId: 2,
        purpose: Purpose.Raft,
        wrapped: new Uint8Array(0),
        proposer: proposer(2),
      });
  }
}

const FLAGS: readonly StageFlags[] = [false, true].flatMap((encryptionEnabled) =>
  [null, 'kek.bin'].flatMap((kekFile) =>
    [null, 'enc/'].map((sidecarPath) => ({ encryptionEnabled, kekFile, sidecarPath })),
  ),
);

/** At which step each of the two stops, and what state each shows then; null where the process refuses to start. */
function bothStop(build: Build, steps: readonly Step[]): { face: [number, number]; bytes: [number, number] } | null {
  const cluster = new FakeCluster();
  cluster.members.set('g1', { voters: ['n1'], learners: [] });
  if (cluster.start('n1', build) !== null) return null;
  const view = selfView({ build, node: 'n1', durable: { get: () => ({}) } } as unknown as ProcessPort);
  const { definition } = encryption;
  let state = definition.initial() as State;
  let face = steps.length;
  let bytes = steps.length;
  for (const [i, step] of steps.entries()) {
    if (bytes === steps.length && cluster.at('n1').apply(payloadOf(step), 'g1', i + 1) !== null) bytes = i;
    if (face < steps.length) continue;
    const op = step === 'registration' || step === 'bootstrap' ? step : 'rotation';
    const args = { fullNodeId: me, ...(step.endsWith('Envelope') ? { subTag: step } : {}) };
    const next = definition.apply(state, { op, index: i + 1, term: 1, args }, view) as State | { halt: string };
    if ('halt' in next) face = i;
    else state = next;
  }
  const shown = cluster.at('n1').state() as State;
  return { face: [face, state.epoch], bytes: [bytes, shown.epoch] };
}

test('the face stops where the bytes stop: every release, every set of flags, every opcode', (t) => {
  let compared = 0;
  let refused = 0;
  for (const release of STAGES) {
    for (const flags of FLAGS) {
      const build = stage(release.name, flags);
      for (const steps of SEQUENCES) {
        const both = bothStop(build, steps);
        if (both === null) refused++;
        else {
          compared++;
          t.deepEqual(both.face, both.bytes, `${build.name}: ${steps.join(', ')}`);
        }
      }
    }
  }
  t.is(compared + refused, STAGES.length * FLAGS.length * SEQUENCES.length);
  // Only the switch without a KEK keeps a fresh node from starting.
  const guarded = STAGES.filter((release) => release.guards.includes(5)).length;
  t.is(refused, guarded * 2 * SEQUENCES.length);
});

test('a sketched build applies what it names, and no more', (t) => {
  const config = { kekFile: 'kek.bin', sidecarPath: 'enc/', encryptionEnabled: true };
  const named = ['registration', 'bootstrap', 'rotation'] as const;
  for (let mask = 0; mask < 8; mask++) {
    const applies = named.filter((_, i) => ((mask >> i) & 1) === 1);
    const build = encryption.build(`sketch ${mask}`, { applies, config });
    for (const steps of SEQUENCES) {
      const both = bothStop(build, steps);
      t.deepEqual(both?.face, both?.bytes, `${applies.join('+')}: ${steps.join(', ')}`);
    }
  }
});

test('a release answers for its path flag, a sketch for what it can apply', (t) => {
  const answerOf = (build: Build): unknown => {
    const answers = build.subject.rpcs['GetCapability']?.answers;
    return answers?.(selfView({ build, node: 'n1', durable: { get: () => ({}) } } as unknown as ProcessPort));
  };
  const capable = { encryptionCapable: true };
  const not = { encryptionCapable: false };
  t.deepEqual(answerOf(stage('5D', { sidecarPath: 'enc/' })), capable);
  t.deepEqual(answerOf(stage('5D')), not);
  t.deepEqual(answerOf(stage('6B-2', { kekFile: 'kek.bin', encryptionEnabled: true })), not);
  t.deepEqual(answerOf(encryption.build('a', { applies: ['bootstrap'], config: { kekFile: 'k' } })), capable);
  t.deepEqual(answerOf(encryption.build('b', { applies: [], config: { kekFile: 'k', sidecarPath: 'p' } })), not);
});

test('an unknown release is refused by name', (t) => {
  const error = t.throws(() => stage('6B-3'));
  t.regex(error?.message ?? '', /no release "6B-3"; there are .*did you mean 6B-/);
});
