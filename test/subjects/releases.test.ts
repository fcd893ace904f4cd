// Whole clusters of real releases under their flags, run calmly: what each call is answered, who halts, who starts again.
import test from 'ava';
import {
  builtin,
  cluster,
  leaderOf,
  listener,
  restart,
  scenario,
  seq,
  settle,
  sometimes,
  start,
  write,
} from '../../src/index.ts';
import type { Build, Plan } from '../../src/index.ts';
import { InputError } from '../../src/base/errors.ts';
import { calmSource, run } from '../../src/sim/index.ts';
import type { RunResult, TraceEvent } from '../../src/sim/index.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { ALL_FLAGS, NO_FLAGS, PATH_ONLY, encryption, stage } from '../../src/subjects/encryption.ts';
import type { State } from '../../src/subjects/encryption.ts';

const NODES = ['n1', 'n2', 'n3'];
const oneGroup = cluster({ nodes: NODES, groups: { g1: { voters: NODES } } });
const twoGroups = cluster({ nodes: NODES, groups: { g1: { voters: NODES }, g2: { voters: NODES } } });

/** What a calm run of a plan did. */
class Outcome {
  readonly result: RunResult;

  constructor(where: typeof oneGroup, steps: readonly Plan[]) {
    const plan = seq(...steps, settle('3s'));
    const properties = [builtin('no-apply-halt'), sometimes<State>('bootstrapped', isBootstrapped)];
    const s = scenario('a calm run', { about: 'One run without faults.', cluster: where, plan, properties });
    this.result = run(s as Scenario, calmSource(), { record: true });
  }

  #of<K extends TraceEvent['kind']>(kind: K): Extract<TraceEvent, { kind: K }>[] {
    return this.result.trace.filter((e): e is Extract<TraceEvent, { kind: K }> => e.kind === kind);
  }

  /** Code and text of every call, in order. */
  get answers(): string[] {
    return this.#of('return').map((e) => (e.code === 'OK' ? 'OK' : `${e.code}: ${e.message}`));
  }

  /** Who halted, where, at which opcode. */
  get halts(): string[] {
    const halts = this.#of('haltApply').map((e) => `${e.node} ${e.group} ${e.opcode} ${e.code}`);
    return [...new Set(halts)].sort((a, b) => (a < b ? -1 : 1));
  }

  /** Why starts were refused. */
  get refusals(): string[] {
    const refused = this.result.trace.filter((e) => e.kind === 'refused');
    return refused.map((e) => `${e.node}: ${e.kind === 'refused' ? e.detail : ''}`);
  }

  get bootstrapped(): boolean {
    return this.result.met.includes('bootstrapped');
  }
}

function isBootstrapped(c: { replicas: readonly { state: State; group: string }[] }): boolean {
  return c.replicas.filter((r) => r.group === 'g1').every((r) => r.state.epoch > 0 && r.state.registered.length === 3);
}

const call = (rpc: Parameters<typeof encryption.call>[0], args: Readonly<Record<string, string>> = {}): Plan =>
  encryption.call(rpc, { to: leaderOf('g1'), args });
const onAll = (build: Build): Plan => start(build);

test('before the service is registered there is nobody to ask', (t) => {
  for (const release of ['3', '491cc796']) {
    const { answers, halts } = new Outcome(oneGroup, [onAll(stage(release)), settle(), call('BootstrapEncryption')]);
    t.deepEqual(answers, ['Unimplemented: unknown service EncryptionAdmin']);
    t.deepEqual(halts, []);
  }
});

test('round 0: every node reports the id of its group, and the batch from the reports is refused', (t) => {
  const steps = [onAll(stage('b1f022ff', PATH_ONLY)), settle(), call('BootstrapEncryption')];
  t.regex(
    new Outcome(oneGroup, steps).answers[0] ?? '',
    /^InvalidArgument: .*writer_batch\[1\] duplicates full_node_id 1 already present at index 0$/,
  );
  const derived = new Outcome(oneGroup, [...steps.slice(0, 2), call('BootstrapEncryption', { batch: 'fresh' })]);
  t.regex(
    derived.answers[0] ?? '',
    /^Unavailable: .*propose 0x04 failed: raftengine\/etcd: FSM-requested apply halt: encryption opcode 0x4 arrived but no EncryptionApplier wired/,
  );
  t.true(derived.halts.length >= 2);
});

test('rounds 1 and 2 halt a quorum at whatever is proposed; round 2 only where the leader has a path', (t) => {
  const halting: readonly [string, typeof NO_FLAGS][] = [
    ['33d1db54', NO_FLAGS],
    ['33d1db54', PATH_ONLY],
    ['cf214fe7', PATH_ONLY],
  ];
  for (const [release, flags] of halting) {
    for (const [rpc, opcode] of [
      ['BootstrapEncryption', 4],
      ['RotateDEK', 5],
      ['RegisterEncryptionWriter', 3],
    ] as const) {
      const { halts } = new Outcome(oneGroup, [onAll(stage(release, flags)), settle(), call(rpc)]);
      t.true(halts.length >= 2, `${release} ${rpc}`);
      t.true(
        halts.every((halt) => halt.endsWith(`g1 ${opcode} ErrEncryptionApply`)),
        halts.join(),
      );
    }
  }
  const none = new Outcome(oneGroup, [onAll(stage('cf214fe7')), settle(), call('BootstrapEncryption')]);
  t.regex(none.answers[0] ?? '', /^FailedPrecondition: .*encryption: proposer is not configured on this node$/);
  t.deepEqual(none.halts, []);
});

test('as merged nothing proposes, path or not', (t) => {
  for (const flags of [NO_FLAGS, PATH_ONLY, ALL_FLAGS]) {
    const rpcs = ['BootstrapEncryption', 'RotateDEK', 'RegisterEncryptionWriter'] as const;
    const { answers, halts } = new Outcome(oneGroup, [
      onAll(stage('5D', flags)),
      settle(),
      ...rpcs.map((rpc) => call(rpc)),
    ]);
    t.is(answers.length, 3);
    t.true(
      answers.every((answer) => answer.endsWith('proposer is not configured on this node')),
      answers.join('\n'),
    );
    t.deepEqual(halts, []);
  }
});

test('a halt stays in its group, until a restart takes the healthy group along', (t) => {
  const build = stage('33d1db54', PATH_ONLY);
  const halted = [
    onAll(build),
    settle(),
    encryption.call('BootstrapEncryption', { to: leaderOf('g1') }),
    settle(),
    write('g2'),
  ];
  const before = new Outcome(twoGroups, halted);
  t.true(before.halts.length >= 2 && before.halts.every((halt) => halt.includes(' g1 ')), before.halts.join());
  t.deepEqual(before.refusals, []);
  const after = new Outcome(twoGroups, [...halted, ...NODES.map((node) => restart(node)), settle()]);
  t.true(after.refusals.length >= 2);
  t.true(
    after.refusals.every((refusal) => refusal.includes('failed to start raft group g1: encryption opcode 0x4')),
    after.refusals.join('\n'),
  );
});

test('one report of every listener makes a node stand in the batch twice', (t) => {
  const steps = [onAll(stage('33d1db54', PATH_ONLY)), settle(), call('BootstrapEncryption', { batch: 'listeners' })];
  t.regex(
    new Outcome(twoGroups, steps).answers[0] ?? '',
    /writer_batch\[1\] duplicates full_node_id 626980046172116160 already present at index 0$/,
  );
});

test('with applier and keys everywhere a bootstrap reaches every replica', (t) => {
  for (const release of ['6B-2', '6C-2', '6D', '7c', 'HEAD']) {
    const steps = [
      onAll(stage(release, ALL_FLAGS)),
      settle(),
      call('BootstrapEncryption'),
      call('RotateDEK'),
      write('g1'),
    ];
    const { answers, halts, bootstrapped, refusals } = new Outcome(oneGroup, steps);
    t.deepEqual(answers.slice(0, 2), ['OK', 'OK'], release);
    t.deepEqual([halts, refusals], [[], []], release);
    t.true(bootstrapped, release);
  }
});

test('a node-local gate lets a leader halt the node that was forgotten', (t) => {
  const steps = [start(stage('6B-2', ALL_FLAGS), ['n1', 'n2']), start(stage('6A', PATH_ONLY), ['n3']), settle()];
  const asked = [
    ...steps,
    encryption.call('BootstrapEncryption', { to: listener('n1', 'g1') }),
    encryption.call('BootstrapEncryption', { to: listener('n2', 'g1') }),
  ];
  const { answers, halts } = new Outcome(oneGroup, asked);
  if (answers.includes('OK')) t.deepEqual(halts, ['n3 g1 4 ErrKEKNotConfigured']);
  else t.deepEqual(halts, []);
});

test('both cutovers pass on the current release, and a restart is ready to write again', (t) => {
  const steps = [
    onAll(stage('HEAD', ALL_FLAGS)),
    settle(),
    call('BootstrapEncryption'),
    call('EnableStorageEnvelope'),
    settle('5s'),
    write('g1', { a: '1' }),
    call('EnableRaftEnvelope'),
    settle('5s'),
    write('g1', { b: '2' }),
    restart('n1'),
    restart('n2'),
    settle('5s'),
    write('g1', { c: '3' }),
  ];
  const { answers, halts, refusals } = new Outcome(oneGroup, steps);
  t.deepEqual(answers, ['OK', 'OK', 'OK']);
  t.deepEqual([halts, refusals], [[], []]);
});

test('a raft cutover over two groups is out of scope', (t) => {
  const steps = [onAll(stage('HEAD', ALL_FLAGS)), settle(), call('BootstrapEncryption'), call('EnableRaftEnvelope')];
  t.regex(new Outcome(twoGroups, steps).answers[1] ?? '', /requires exactly one shard group .*\(got 2\)$/);
});

test('a start is refused for its flags as the real process refuses', (t) => {
  const first = [onAll(stage('HEAD', ALL_FLAGS)), settle(), call('BootstrapEncryption'), settle()];
  const cases: readonly [Build, RegExp][] = [
    [stage('HEAD', PATH_ONLY), /sidecar present on disk but --encryption-enabled is not set/],
    [stage('HEAD', { ...ALL_FLAGS, kekFile: null }), /no KEK source/],
    [stage('HEAD', { ...ALL_FLAGS, kekFile: 'other.bin', kek: 'other' }), /configured KEK cannot unwrap/],
    [stage('HEAD', { ...ALL_FLAGS, kekFile: 'forgotten.bin', kek: null }), /failed to load KEK from forgotten\.bin/],
  ];
  for (const [build, says] of cases) {
    const { refusals } = new Outcome(oneGroup, [...first, restart('n2', { as: build }), settle()]);
    t.is(refusals.length, 1, String(says));
    t.regex(refusals[0] ?? '', says);
  }
});

test('a restart before any write replays the bootstrap, takes the epoch bump back and is refused', (t) => {
  const build = stage('HEAD', ALL_FLAGS);
  const steps = [onAll(build), settle(), call('BootstrapEncryption'), settle(), restart('n2'), settle()];
  const { refusals } = new Outcome(oneGroup, steps);
  t.is(refusals.length, 1);
  t.regex(
    refusals[0] ?? '',
    /local_epoch rollback after raft replay: sidecar local_epoch=0 <= registry last_seen_local_epoch=0/,
  );
  const written = [...steps.slice(0, 4), write('g1'), settle(), ...steps.slice(4)];
  t.deepEqual(new Outcome(oneGroup, written).refusals, []);
});

test('a rotation at start is fired once by the leader and moves both keys', (t) => {
  const rotating = stage('HEAD', { ...ALL_FLAGS, rotateOnStartup: true });
  const steps = [onAll(stage('HEAD', ALL_FLAGS)), settle(), call('BootstrapEncryption'), write('g1'), settle()];
  const rotated = [
    ...steps,
    ...NODES.map((node) => restart(node, { as: rotating })),
    settle('5s'),
    call('GetSidecarState'),
  ];
  const { result, halts, refusals } = new Outcome(oneGroup, rotated);
  const rotations = result.trace.filter((e) => e.kind === 'append' && e.name === 'rotation' && e.node === 'n1');
  t.true(rotations.length >= 2, `${rotations.length} rotations`);
  t.deepEqual([halts, refusals], [[], []]);
});

test('a leader whose rotation at start cannot end refuses mutators and writes; without the flag it does not', (t) => {
  const ends = (rotateOnStartup: boolean): Outcome => {
    const first = stage('HEAD', ALL_FLAGS);
    const build = rotateOnStartup ? stage('HEAD', { ...ALL_FLAGS, rotateOnStartup }) : first;
    const steps = [
      onAll(first),
      settle(),
      call('BootstrapEncryption'),
      call('RotateDEK', { dekId: '4294967295' }),
      write('g1'),
      settle(),
      ...NODES.map((node) => restart(node, { as: build })),
      settle('5s'),
      call('EnableStorageEnvelope'),
      write('g1', { late: '1' }),
    ];
    return new Outcome(oneGroup, steps);
  };
  const lateWrite = ({ result }: Outcome): string[] =>
    result.trace.flatMap((e) => (e.kind === 'kv' && e.key === 'late' && e.phase !== 'call' ? [e.phase] : []));
  const [pending, over] = [ends(true), ends(false)];
  t.deepEqual(pending.answers.slice(2), ['Unavailable: startup rotation has not completed']);
  t.deepEqual([lateWrite(pending), lateWrite(over)], [['unknown'], ['ok']]);
  t.deepEqual(over.answers, ['OK', 'OK', 'OK']);
});

test('a release may be given a gate of its own, which is asked on its leader', (t) => {
  const gated = stage('6B-2', ALL_FLAGS, { name: 'gated', gates: { BootstrapEncryption: 'groupCapable' } });
  const mixed = [start(gated, ['n1', 'n2']), start(stage('6A', NO_FLAGS), ['n3']), settle()];
  const asked = new Outcome(oneGroup, [...mixed, encryption.call('BootstrapEncryption', { to: listener('n1', 'g1') })]);
  t.deepEqual(asked.answers, ['FailedPrecondition: encryption: BootstrapEncryption gate is closed: groupCapable']);
  t.deepEqual(asked.halts, []);
  const all = new Outcome(oneGroup, [onAll(gated), settle(), call('BootstrapEncryption')]);
  t.deepEqual([all.answers, all.halts], [['OK'], []]);
});

test('a wire gate that asks others is decided before the listeners open, and is obeyed', (t) => {
  const asking = stage('6B-2', ALL_FLAGS, { name: 'asking', gates: { wire: 'groupCapable' } });
  const first = [onAll(stage('6B-2', ALL_FLAGS)), settle()];
  const later = [
    ...first,
    restart('n1', { as: asking }),
    settle(),
    encryption.call('RotateDEK', { to: listener('n1', 'g1') }),
  ];
  const { answers, result } = new Outcome(oneGroup, later);
  const decided = result.trace.filter((e) => e.kind === 'gate' && e.decision.gate === 'groupCapable');
  t.is(decided.length, 1);
  t.true(decided.every((e) => e.kind === 'gate' && e.decision.open));
  t.notRegex(answers[0] ?? '', /proposer is not configured/);
});

test('a sketch that names an unknown release is refused where it is written', (t) => {
  const error = t.throws(() => encryption.build('b', { applies: [], stage: '9Z' }), { instanceOf: InputError });
  t.is(error?.code, 'SCN008');
  t.regex(error?.at?.file ?? '', /releases\.test\.ts$/);
});

test('a start before the durable mark applies the whole log again: behind a rotation it never succeeds', (t) => {
  const steps = (release: string): Plan[] => [
    onAll(stage(release, ALL_FLAGS)),
    settle(),
    call('BootstrapEncryption'),
    call('RotateDEK'),
    write('g1'),
    settle('2s'),
    restart('n2'),
  ];
  for (const release of ['6B-2', '6D', '7c', '6E-2d']) {
    const { refusals } = new Outcome(oneGroup, steps(release));
    t.is(refusals.length, 1, release);
    t.regex(refusals[0]!, /^n2: .*already bootstrapped \(Active\.Storage=3, Active\.Raft=2\)/, release);
  }
  for (const release of ['6E-2e', '6E', 'HEAD'])
    t.deepEqual(new Outcome(oneGroup, steps(release)).refusals, [], release);
});

test('an upgrade from before the durable mark replays the bootstrap, and the epoch it resets refuses the start', (t) => {
  const steps = (before: string): Plan[] => [
    onAll(stage(before, ALL_FLAGS)),
    settle(),
    call('BootstrapEncryption'),
    write('g1'),
    settle('2s'),
    restart('n2', { as: stage('HEAD', ALL_FLAGS) }),
  ];
  const { refusals } = new Outcome(oneGroup, steps('6D'));
  t.regex(
    refusals[0] ?? '',
    /^n2: encryption startup guard: local_epoch rollback after raft replay: sidecar local_epoch=0/,
  );
  t.deepEqual(new Outcome(oneGroup, steps('6E')).refusals, []);
});
