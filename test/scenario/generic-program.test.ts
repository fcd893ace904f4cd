// Features given by `apply` alone, as processes: what is applied, what is kept, what is asked, what is refused.
import test from 'ava';
import { InputError } from '../../src/base/errors.ts';
import { testProp, fc } from '@fast-check/ava';
import { and, not, or } from 'xstate';
import { Code } from '../../src/base/errors.ts';
import { closed, defineSubject, every, log, self } from '../../src/index.ts';
import type { Halt } from '../../src/index.ts';
import { decodeArgs, decodeEntry, encodeArgs, encodeEntry } from '../../src/scenario/entry-codec.ts';
import { FakeCluster } from './fake-process.ts';

type State = { fenced: boolean; version: number; seen: string[] };

const store = defineSubject({
  name: 'fenced-store',
  opcodes: { fence: 0x20, raise: 0x21, boom: 0x22, spoil: 0x23 },
  initial: (): State => ({ fenced: false, version: 1, seen: [] }),
  durable: ['fenced'],
  apply(s, e, me): State | Halt {
    if (!me.applies(e.op)) return { halt: `unknown opcode ${e.op}` };
    switch (e.op) {
      case 'fence':
        return { ...s, fenced: true, seen: [...s.seen, e.args['by'] ?? ''] };
      case 'raise':
        return { ...s, version: s.version + 1 };
      case 'boom':
        throw new TypeError('nil pointer');
      case 'spoil':
        s.seen.push('changed in place');
        return s;
    }
  },
  rpcs: {
    Status: { answers: (me) => ({ fenced: me.durable['fenced'], reads: me.maxVersion }) },
    Fence: { proposes: 'fence', answers: (me) => ({ fenced: me.durable['fenced'] }) },
    Raise: { proposes: 'raise' },
    Boom: { proposes: 'boom' },
    Spoil: { proposes: 'spoil' },
  },
  atoms: {
    flag: self((me) => me.config['flag'] === true),
    diskIsFenced: self((me) => me.durable['fenced'] === true),
    raised: log((s: State) => s.version > 1),
    votersFenced: every('voters', 'Status', (a) => a.fenced),
    learnersFenced: every('learners', 'Status', (a) => a.fenced),
    allFenced: every('votersAndLearners', 'Status', (a) => a.fenced),
    allRead: every('votersAndLearners', 'Status', (a) => a.reads >= 2),
    mostFenced: every('quorumOfVoters', 'Status', (a) => a.fenced),
    recentlyFenced: every('voters', 'Status', (a) => a.fenced, { fresh: '1s' }),
    withinAnElection: every('voters', 'Status', (a) => a.fenced, { fresh: '1 election timeout' }),
    onceFenced: every('voters', 'Status', (a) => a.fenced, { onSilence: 'lastAnswer' }),
    joinerReads: every('joiner', 'Status', (a) => a.reads >= 2),
    otherGroupFenced: every({ of: 'g2', who: 'voters' }, 'Status', (a) => a.fenced),
    everyGroupFenced: every('votersAndLearnersOfEveryGroup', 'Status', (a) => a.fenced),
  },
});

const OPS = ['fence', 'raise', 'boom', 'spoil'] as const;
type Gates = NonNullable<Parameters<typeof store.build>[1]['gates']>;

function build(name: string, gates: Gates = {}, config: Readonly<Record<string, unknown>> = {}) {
  return store.build(name, { applies: OPS, maxVersion: 2, gates, config });
}

/** Three voters and a learner; n1 holds the gate under test. */
function four(gates: Gates): FakeCluster {
  const c = new FakeCluster();
  c.members.set('g1', { voters: ['n1', 'n2', 'n3'], learners: ['n4'] });
  for (const node of ['n2', 'n3', 'n4']) c.start(node, build('plain'));
  c.start('n1', build('gated', gates));
  return c;
}

/** Writes a node's side file as an applied fence does. */
function fence(c: FakeCluster, ...nodes: string[]): void {
  for (const node of nodes) c.at(node).apply(encodeEntry(0x20, {}));
}

function body(reply: { readonly body: Uint8Array }): unknown {
  return JSON.parse(new TextDecoder().decode(reply.body));
}

testProp(
  'an entry decodes to what was encoded',
  [fc.nat(255), fc.dictionary(fc.string(), fc.string())],
  (t, opcode, args) => {
    const plain = Object.fromEntries(Object.entries(args).filter(([name]) => name !== '__proto__'));
    t.deepEqual(decodeEntry(encodeEntry(opcode, plain)), { opcode, args: plain });
    t.deepEqual(decodeArgs(encodeArgs(plain)), plain);
  },
);

testProp('no byte string breaks the decoder', [fc.uint8Array({ maxLength: 64 })], (t, bytes) => {
  const decoded = decodeEntry(bytes);
  t.true(decoded === null || typeof decoded.opcode === 'number');
});

test('a proposing RPC is over when its entry is applied where it was served', (t) => {
  const c = new FakeCluster();
  t.is(c.start('n1', build('open')), null);
  t.deepEqual(body(c.call('n1', 'Raise')), { index: 1 });
  t.deepEqual(body(c.call('n1', 'Fence', { by: 'me' })), { index: 2, fenced: true });
  t.deepEqual(c.at('n1').state(), { fenced: true, version: 2, seen: ['me'] });
  t.deepEqual(body(c.call('n1', 'Status')), { fenced: true, reads: 2 });
});

test('an opcode the build cannot apply halts, and so does a panic', (t) => {
  const c = new FakeCluster();
  c.start('n1', store.build('old', { applies: ['fence'], serves: ['Raise', 'Boom', 'Spoil'] }));
  c.start('n2', build('new'));
  const reply = c.call('n1', 'Raise');
  t.is(reply.code, Code.Unavailable);
  t.regex(reply.message, /unknown opcode raise/);
  t.deepEqual(c.at('n1').halts, [
    { kind: 'halt', index: 1, opcode: 0x21, code: 'ErrSubject', detail: 'unknown opcode raise' },
  ]);
  t.regex(c.at('n2').apply(encodeEntry(0x22, {}))?.detail ?? '', /panicked: nil pointer/);
  t.throws(() => c.at('n2').apply(encodeEntry(0x23, {})), { message: /changes the state it was given/ });
  t.regex(c.at('n2').apply(encodeEntry(0x77, {}))?.detail ?? '', /unknown opcode 0x77/);
  t.deepEqual(c.at('n2').state(), { fenced: false, version: 1, seen: [] });
});

test('an RPC that only answers stands behind its gate as any other', (t) => {
  const c = new FakeCluster();
  c.start('n1', build('b', { Status: 'raised' }));
  const reply = c.call('n1', 'Status');
  t.is(reply.code, Code.FailedPrecondition);
  t.is(reply.message, 'Status gate is closed: raised');
  t.is(c.call('n1', 'Raise').code, Code.Ok);
  t.deepEqual(body(c.call('n1', 'Status')), { fenced: false, reads: 2 });
});

test('a gate before an RPC that its own question asks is refused', (t) => {
  t.throws(() => build('b', { Status: 'allRead' }), {
    instanceOf: InputError,
    message: 'build.gates.Status: Status asks Status: it would wait for its own answer',
  });
});

test('an RPC the build does not serve is unimplemented', (t) => {
  const c = new FakeCluster();
  c.start('n1', store.build('old', { applies: ['fence'] }));
  t.is(c.call('n1', 'Raise').code, Code.Unimplemented);
  t.is(c.call('n1', 'Fence').code, Code.Ok);
});

test('snapshots carry the state and leave the side files alone', (t) => {
  const c = new FakeCluster();
  c.start('n1', build('b'));
  c.start('n2', build('b'));
  fence(c, 'n1');
  const from = c.at('n1').machines.get('g1')!;
  const to = c.at('n2').machines.get('g1')!;
  t.is(to.restore(from.snapshot(1), 1), null);
  t.deepEqual(c.at('n2').state(), { fenced: true, version: 1, seen: [''] });
  t.is(to.digest(), from.digest());
  t.deepEqual(c.at('n2').files, {});
  t.is(to.restore(new Uint8Array([1, 2]), 1), 'not a snapshot');
  // The next fence sets the field on this node as well, though its state has it already.
  fence(c, 'n2');
  t.deepEqual(c.at('n2').files, { fenced: true });
});

test('a replay rebuilds the state from the log and never takes back what the files hold', (t) => {
  const c = new FakeCluster();
  c.start('n1', build('b'));
  c.call('n1', 'Raise');
  c.call('n1', 'Fence', { by: 'x' });
  t.is(c.start('n1', build('b')), null);
  t.deepEqual(c.at('n1').state(), { fenced: false, version: 1, seen: [] });
  t.is(c.at('n1').apply(encodeEntry(0x21, {})), null);
  t.deepEqual(c.at('n1').files, { fenced: true });
  t.is(c.at('n1').apply(encodeEntry(0x20, { by: 'x' })), null);
  t.deepEqual(c.at('n1').state(), { fenced: true, version: 2, seen: ['x'] });
});

test('equal states have equal digests, different ones do not', (t) => {
  const c = new FakeCluster();
  c.start('n1', build('b'));
  c.start('n2', build('b'));
  const digest = (node: string): number => c.at(node).machines.get('g1')!.digest();
  const put = c.at('n1').program.kv!.put('k', 'v');
  t.is(digest('n1'), digest('n2'));
  c.at('n1').apply(put);
  t.not(digest('n1'), digest('n2'));
  c.at('n2').apply(put);
  t.is(digest('n1'), digest('n2'));
  t.is(c.at('n2').program.kv!.get(c.at('n2').machines.get('g1')!, 'k'), 'v');
  t.is(c.at('n2').program.kv!.get(c.at('n2').machines.get('g1')!, 'other'), null);
});

test('the wire gate is decided once, at the start of the process', (t) => {
  const c = new FakeCluster();
  c.start('n1', build('b', { wire: 'flag' }, { flag: false }));
  const reply = c.call('n1', 'Raise');
  t.is(reply.code, Code.FailedPrecondition);
  t.regex(reply.message, /proposer is not configured on this node/);
  t.deepEqual(c.at('n1').decisions, [{ gate: 'flag', at: 'wire', open: false, blockers: ['flag'] }]);
  c.start('n1', build('b2', { wire: 'flag' }, { flag: true }));
  t.is(c.call('n1', 'Raise').code, Code.Ok);
});

test('a follower refuses before its gate is asked', (t) => {
  const c = four({ Raise: 'allFenced' });
  c.at('n1').role = 'follower';
  const reply = c.call('n1', 'Raise');
  t.is(reply.code, Code.FailedPrecondition);
  t.regex(reply.message, /not leader of g1 \(the leader is n2\)/);
  t.deepEqual(c.asked, ['Raise n1 g1']);
});

test('every member asked has to answer well, learners only where they are named', (t) => {
  const c = four({ Raise: 'votersFenced', Fence: 'allFenced' });
  fence(c, 'n1', 'n2', 'n3');
  t.is(c.call('n1', 'Raise').code, Code.Ok);
  const reply = c.call('n1', 'Fence');
  t.is(reply.code, Code.FailedPrecondition);
  t.is(reply.message, 'Fence gate is closed: allFenced');
  fence(c, 'n4');
  t.is(c.call('n1', 'Fence').code, Code.Ok);
});

test('a majority is enough for a quorum, and a silent member is no good answer', (t) => {
  const c = four({ Raise: 'mostFenced', Fence: 'votersFenced' });
  fence(c, 'n1');
  t.is(c.call('n1', 'Raise').code, Code.FailedPrecondition);
  fence(c, 'n2');
  c.silent.push('n3');
  t.is(c.call('n1', 'Raise').code, Code.Ok);
  t.is(c.call('n1', 'Fence').code, Code.FailedPrecondition);
});

test('one decision asks each member once, and only what can still decide', (t) => {
  const c = four({ Raise: and(['votersFenced', or(['allRead', 'flag'])]), Fence: and(['flag', 'allFenced']) });
  fence(c, 'n1', 'n2', 'n3', 'n4');
  t.is(c.call('n1', 'Raise').code, Code.Ok);
  t.deepEqual(c.asked, ['Raise n1 g1', 'Status n2 g1', 'Status n3 g1', 'Status n4 g1']);
  c.asked.length = 0;
  t.is(c.call('n1', 'Fence').message, 'Fence gate is closed: flag, allFenced');
  t.deepEqual(c.asked, ['Fence n1 g1']);
});

test('a decision tells whom it asked, who fell short, and how old the oldest answer was', (t) => {
  const c = four({ Raise: 'recentlyFenced' });
  fence(c, 'n1', 'n2');
  c.silent.push('n3');
  c.call('n1', 'Raise');
  c.silent.pop();
  fence(c, 'n3');
  c.nowMs += 400;
  c.call('n1', 'Raise');
  t.deepEqual(
    c.at('n1').decisions.map((decision) => decision.asked),
    [
      [{ atom: 'recentlyFenced', members: ['n1', 'n2', 'n3'], unmet: ['n3'], oldestMs: 0 }],
      [{ atom: 'recentlyFenced', members: ['n1', 'n2', 'n3'], unmet: [], oldestMs: 400 }],
    ],
  );
});

test('a fresh answer is used again, an old one is asked again', (t) => {
  const c = four({ Raise: 'recentlyFenced', Fence: 'withinAnElection' });
  fence(c, 'n1', 'n2', 'n3');
  const asks = (rpc: string): number => {
    c.asked.length = 0;
    t.is(c.call('n1', rpc).code, Code.Ok);
    return c.asked.length - 1;
  };
  t.is(asks('Raise'), 2);
  c.nowMs = 1_000;
  t.is(asks('Raise'), 0);
  c.nowMs = 1_001;
  t.is(asks('Raise'), 2);
  c.nowMs += 150;
  t.is(asks('Fence'), 0);
  c.nowMs += 1;
  t.is(asks('Fence'), 2);
});

test('the last answer of a silent member counts only where the atom says so, and dies with the process', (t) => {
  const gates: Gates = { Raise: 'onceFenced', Fence: 'votersFenced' };
  const c = four(gates);
  fence(c, 'n1', 'n2', 'n3');
  t.is(c.call('n1', 'Raise').code, Code.Ok);
  c.silent.push('n3');
  c.nowMs += 3_600_000;
  t.is(c.call('n1', 'Fence').code, Code.FailedPrecondition);
  t.is(c.call('n1', 'Raise').code, Code.Ok);
  c.start('n1', build('gated', gates));
  t.is(c.call('n1', 'Raise').code, Code.FailedPrecondition);
});

test('an answer says nothing about the next bearer of the name, yet is kept for it', (t) => {
  const c = four({ Raise: 'recentlyFenced' });
  fence(c, 'n1', 'n2', 'n3');
  t.is(c.call('n1', 'Raise').code, Code.Ok);
  c.at('n2').files = {};
  t.is(c.call('n1', 'Raise').code, Code.Ok);
  c.nowMs += 1_001;
  t.is(c.call('n1', 'Raise').code, Code.FailedPrecondition);
});

test('other groups are asked on their own listeners, each node once', (t) => {
  const c = new FakeCluster();
  c.members.set('g1', { voters: ['n1', 'n2'], learners: [] });
  c.members.set('g2', { voters: ['n2'], learners: ['n3'] });
  for (const node of ['n2', 'n3']) c.start(node, build('plain'), ['g1', 'g2']);
  c.start('n1', build('gated', { Raise: 'otherGroupFenced', Fence: 'everyGroupFenced' }), ['g1', 'g2']);
  fence(c, 'n1', 'n2');
  t.is(c.call('n1', 'Raise').code, Code.Ok);
  t.is(c.call('n1', 'Fence').code, Code.FailedPrecondition);
  t.deepEqual(c.asked.slice(1), ['Status n2 g2', 'Fence n1 g1', 'Status n2 g1', 'Status n3 g2']);
  fence(c, 'n3');
  t.is(c.call('n1', 'Fence').code, Code.Ok);
});

test('members of a group this process does not host are unknown, and refuse', (t) => {
  const c = four({ Raise: 'otherGroupFenced', Fence: not('otherGroupFenced') });
  t.is(c.call('n1', 'Raise').message, 'Raise gate is closed: otherGroupFenced');
  t.is(c.call('n1', 'Fence').code, Code.Ok);
});

test('joining is gated on what the joiner answers, and where nobody joins on nothing', (t) => {
  const c = four({ join: 'joinerReads', promote: closed, Raise: 'joinerReads' });
  c.start('old', store.build('old', { applies: [], maxVersion: 1 }));
  const program = c.at('n1').program;
  const admit = (step: 'join' | 'promote', node: string): string | null => {
    const task = program.admit('g1', step, node);
    const next = task.next();
    return next.done === true ? next.value : 'waits';
  };
  t.is(admit('join', 'n4'), null);
  t.is(admit('join', 'old'), 'join gate is closed: joinerReads');
  t.is(admit('join', 'nobody'), 'join gate is closed: joinerReads');
  t.is(admit('promote', 'n4'), 'promote gate is closed: closed');
  t.is(c.call('n1', 'Raise').code, Code.Ok);
});

test('the startup gate judges files before anything opens, and the replica after its replay', (t) => {
  const c = new FakeCluster();
  c.members.set('g1', { voters: ['n1', 'n2'], learners: [] });
  t.is(c.start('n1', build('b', { startup: not('diskIsFenced') })), null);
  fence(c, 'n1');
  t.is(c.start('n1', build('b', { startup: not('diskIsFenced') })), 'startup gate is closed: not diskIsFenced');
  t.is(c.at('n1').machines.size, 0);
  t.is(c.start('n2', build('c', { startup: 'raised' })), 'startup gate is closed: raised');
  t.is(c.at('n2').machines.size, 1);
  t.is(c.start('n2', build('d', { startup: 'votersFenced' })), 'startup gate is closed: votersFenced');
});

test('a connect gate asks the peer, and without one everybody is heard', (t) => {
  const c = four({ connect: 'joinerReads' });
  c.start('old', store.build('old', { applies: [], maxVersion: 1 }));
  t.is(c.at('n2').program.connect, null);
  t.deepEqual(c.at('n1').program.connect?.('n2').next(), { done: true, value: true });
  t.deepEqual(c.at('n1').program.connect?.('old').next(), { done: true, value: false });
});

test('a gate on the log reads the replica of the group addressed', (t) => {
  const c = new FakeCluster();
  c.start('n1', build('b', { Fence: 'raised' }), ['g1', 'g2']);
  t.is(c.call('n1', 'Raise', {}, 'g2').code, Code.Ok);
  t.is(c.call('n1', 'Fence', {}, 'g1').code, Code.FailedPrecondition);
  t.is(c.call('n1', 'Fence', {}, 'g2').code, Code.Ok);
});

test('entries have names in traces, foreign ones their byte', (t) => {
  const c = new FakeCluster();
  c.start('n1', build('b'));
  const { factory, program } = c.at('n1');
  t.deepEqual(factory.describe(encodeEntry(0x21, {})), { opcode: 0x21, name: 'raise' });
  t.deepEqual(factory.describe(program.kv!.put('k', 'v')), { opcode: 0x00, name: 'put' });
  t.deepEqual(factory.describe(encodeEntry(0x77, {})), { opcode: 0x77, name: '0x77' });
  t.is(factory.describe(new Uint8Array(0)), null);
});
