// Membership as operators change it: members that leave and what they give up, machines that are lost and replaced under
// the same name, and nodes that a leader lets in.
import test from 'ava';
import {
  addLearner,
  par,
  promote,
  removeMember,
  replaceNode,
  restart,
  settle,
  start,
  swarm,
  write,
} from '../../src/index.ts';
import { altered, answers, newer, small, tell, THREE, whole, type Counted } from './small-world.ts';

test('a member that is removed drops its replica and its store, and comes back empty', (t) => {
  const stores: unknown[] = [];
  const keeping = altered('keeping', (program, port) => ({
    machine: (group) => {
      stores.push(group.name === 'g1' && port.node === 'n3' ? port.store('g1').get() : undefined);
      port.store(group.name).put(`${port.node} ${group.name}`);
      return program.machine(group);
    },
  }));
  const story = tell(
    small([
      start(keeping),
      write('g1', { a: '1' }),
      removeMember('n3', { from: ['g1'] }),
      settle(),
      addLearner('n3', { to: ['g1'] }),
      promote('n3', { in: ['g1'] }),
      settle(),
      restart('n3'),
      settle(),
    ]),
  );
  t.is(story.verdict, 'holds', JSON.stringify(story.violations));
  t.deepEqual(answers(story), ['removeMember OK', 'addLearner OK', 'promote OK']);
  t.deepEqual(story.world.state.group('g1').voters, ['n1', 'n2', 'n3']);
  const n3 = story.world.state.node('n3').replicas.find((r) => r.group === 'g1')!;
  t.is((n3.state as Counted).rows['a'], '1');
  // Opened four times on n3: founded, joined again on an empty store, and after the restart.
  t.deepEqual(
    stores.filter((kept) => kept !== undefined),
    ['n3 g1'],
  );
});

test('removing and adding members in storms breaks nothing', (t) => {
  const storm = swarm({
    partition: ['isolateOne', 'oneWay'],
    loss: [0, 0.2],
    delay: ['1ms', '80ms'],
    crash: { max: 2, tornWrites: true },
    pause: { max: 1 },
    healBy: '5s',
  });
  const plan = [
    start(whole),
    write('g1'),
    removeMember('n3', { from: ['g1'] }),
    addLearner('n3', { to: ['g1'] }),
    promote('n3', { in: ['g1'] }),
    replaceNode('n2'),
    write('g1'),
    settle(),
  ];
  for (let seed = 1; seed <= 60; seed++) {
    const { violations, inconclusive } = tell(small(plan, { faults: storm }), `${seed}`);
    t.deepEqual(violations, [], `seed ${seed}`);
    t.is(inconclusive, null, `seed ${seed}`);
  }
});

test('a replaced machine starts empty, once the old one is out of each group, and catches up', (t) => {
  const story = tell(
    small([start(whole), write('g1', { a: '1' }), settle(), replaceNode('n2', { as: newer }), settle()]),
  );
  t.is(story.verdict, 'holds', JSON.stringify(story.violations));
  const steps = story
    .of('return', 'start', 'crash')
    .filter((e) => e.kind === 'return' || e.node === 'n2')
    .map((e) => (e.kind === 'return' ? e.rpc : e.kind));
  t.deepEqual(steps, [
    'start',
    'crash',
    'removeMember',
    'removeMember',
    'start',
    'addLearner',
    'promote',
    'addLearner',
    'promote',
  ]);
  const { replicas } = story.world.state.node('n2');
  t.deepEqual(
    replicas.map((r) => [r.group, r.build, r.restarts]),
    [
      ['g1', 'newer', 1],
      ['g2', 'newer', 1],
    ],
  );
});

test('a machine that cannot be taken out of its group is not replaced', (t) => {
  const two = { voters: ['n1', 'n2'] };
  const story = tell(
    small([start(whole), settle(), replaceNode('n2'), settle()], { cluster: { groups: { g1: two } } }),
  );
  t.deepEqual(story.violations, []);
  t.regex(answers(story)[0]!, /^removeMember Unavailable/);
  t.false(story.world.state.node('n2').up);
  t.is(story.lives.filter((line) => line === 'n2 start whole').length, 1);
  // Not even by an operator who starts it later: without a group that lets it in, it takes part in none.
  const later = tell(
    small([start(whole), settle(), replaceNode('n2'), restart('n2'), settle()], { cluster: { groups: { g1: two } } }),
  );
  t.deepEqual(later.violations, []);
  t.is(later.world.replica(2, 1), null);
});

test('a replaced machine that the join gate turns away becomes no voter by its promotion', (t) => {
  const shut = altered('shut', () => ({
    admit: function* () {
      return 'join gate is closed: joinerKnows';
    },
  }));
  const story = tell(
    small([start(shut), settle(), replaceNode('n2', { as: newer }), settle()], { cluster: { groups: { g1: THREE } } }),
  );
  t.deepEqual(answers(story), ['removeMember OK', 'addLearner FailedPrecondition: join gate is closed: joinerKnows']);
  t.deepEqual(story.world.state.group('g1').voters, ['n1', 'n3']);
});

test('only learners are promoted, and no member is added again', (t) => {
  const groups = { g1: THREE, g2: { voters: ['n1', 'n2'] } };
  const steps = [promote('n4', { in: ['g2'] }), addLearner('n2', { to: ['g2'] })];
  const story = tell(small([start(whole), write('g2'), ...steps, settle()], { cluster: { groups } }));
  t.deepEqual(answers(story), [
    'promote FailedPrecondition: n4 is no learner of g2',
    'addLearner FailedPrecondition: n2 is already a member of g2',
  ]);
  t.deepEqual(story.world.state.group('g2').voters, ['n1', 'n2']);
});

test('the only voter of a group is not removed, whoever was removed beside it', (t) => {
  const groups = { g1: { voters: ['n1', 'n2'], learners: ['n3'] } };
  const both = par(removeMember('n1', { from: ['g1'] }), removeMember('n2', { from: ['g1'] }));
  for (let seed = 1; seed <= 20; seed++) {
    const told = small([start(whole), both, settle()], { cluster: { groups } });
    const story = tell(told, String(seed));
    t.is(story.verdict, 'holds', JSON.stringify(story.violations));
    t.is(story.world.state.group('g1').voters.length, 1);
  }
  const inTurn = [removeMember('n1', { from: ['g1'] }), removeMember('n2', { from: ['g1'] })];
  t.deepEqual(answers(tell(small([start(whole), ...inTurn, settle()], { cluster: { groups } }))), [
    'removeMember OK',
    'removeMember FailedPrecondition: the group has no other voter',
  ]);
});

test('a node outside a group joins it on the first contact of its leader', (t) => {
  const groups = { g1: THREE, g2: { voters: ['n1', 'n2'] } };
  const story = tell(
    small([start(whole), write('g2', { b: '2' }), addLearner('n4', { to: ['g2'] }), settle()], { cluster: { groups } }),
  );
  t.is(story.verdict, 'holds');
  const [joined] = story.world.state.node('n4').replicas;
  t.is(joined!.group, 'g2');
  t.is(joined!.role, 'learner');
  t.is((joined!.state as Counted).rows['b'], '2');
});
