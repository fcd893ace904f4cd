// The tables of the rollout: every release is there, says what its change did, and the chart over them opens exactly
// where the gates do.
import test from 'ava';
import { initialTransition, transition } from 'xstate';
import { evaluate } from '../../src/gate/formula.ts';
import { GATES, bySidecarPath, byTwoFlags, nodeLocal } from '../../src/admin/gates.ts';
import { ROLLOUT_FACTS, rollout } from '../../src/admin/rollout.ts';
import { STAGES, STAGE_NAMES, isBefore, stageOf } from '../../src/admin/stages.ts';
import type { Stage } from '../../src/admin/stages.ts';

function stage(name: string): Stage {
  const found = stageOf(name);
  if (found === null) throw new TypeError(name);
  return found;
}

/** Whether a process of a stage, with these facts, proposes a bootstrap when it is asked on the leader. */
function proposesBootstrap(s: Stage, facts: readonly string[]): boolean {
  const wired = evaluate(s.mutators.formula, (fact) => facts.includes(fact));
  return s.service !== 'none' && s.handlers.includes('BootstrapEncryption') && wired;
}

test('every release has one row, and every name and commit finds it', (t) => {
  const names = STAGES.flatMap((s) => [s.name, ...s.also]);
  t.is(new Set(names).size, names.length);
  for (const s of STAGES) {
    t.is(stageOf(s.name), s);
    for (const commit of s.commits) t.is(stageOf(commit), s);
  }
  t.is(stageOf('nothing'), null);
  t.is(stageOf('298df0c9aa'), stage('5D'));
  t.is(STAGE_NAMES.at(-1), 'HEAD');
});

test('the recorded commits all have a row', (t) => {
  const commits = ['9303e52a', '491cc796', 'b1f022ff', '33d1db54', 'cf214fe7', 'fc8bc1fd', '298df0c9', '4dc931d4'];
  for (const commit of [...commits, 'e9b015ce', 'b4b9bf8a', 'be5da97d', 'd9a031d0']) t.not(stageOf(commit), null);
});

test('the rounds about who may propose differ in exactly the gate', (t) => {
  const path = ['sidecarPathSet'];
  t.deepEqual(
    ['5C', '5D-r0', '5D-r1', '5D-r2', '5D-r3', '5D'].map((n) => [
      n,
      proposesBootstrap(stage(n), []),
      proposesBootstrap(stage(n), path),
    ]),
    [
      ['5C', false, false],
      ['5D-r0', true, true],
      ['5D-r1', true, true],
      ['5D-r2', false, true],
      ['5D-r3', false, true],
      ['5D', false, false],
    ],
  );
  t.is(stage('5D-r0').fullNodeId, 'groupId');
  t.is(stage('5D-r1').fullNodeId, 'derived');
});

test('a release that can propose a bootstrap under its flags has an applier, except the refuted ones', (t) => {
  for (const s of STAGES) {
    if (!proposesBootstrap(s, ROLLOUT_FACTS)) continue;
    t.is(s.applier === 'full' && s.kekWired, !s.name.startsWith('5D'), s.name);
    if (s.applier !== 'full') t.true(s.refuted, s.name);
  }
});

test('knowledge only grows along the releases', (t) => {
  for (const [i, s] of STAGES.entries()) {
    const before = STAGES[i - 1];
    if (before === undefined) continue;
    t.true(
      before.dispatch.subTags.every((tag) => s.dispatch.subTags.includes(tag)),
      s.name,
    );
    t.true(
      before.handlers.every((rpc) => s.handlers.includes(rpc)),
      s.name,
    );
    t.true(
      before.guards.every((guard) => s.guards.includes(guard)),
      s.name,
    );
    t.true(isBefore(before, s));
  }
  t.deepEqual(stage('HEAD').guards, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
});

test('an old release skips in silence, the first cut skips the reserved tags, all later ones stop', (t) => {
  t.is(stage('3').dispatch.closedBand, null);
  t.deepEqual(stage('4-first-cut').dispatch.closedBand, [3, 5]);
  for (const s of STAGES.slice(STAGE_NAMES.indexOf('4'))) t.deepEqual(s.dispatch.closedBand, [3, 7], s.name);
});

test('the gate in force is the conjunction the refuted ones each leave a part of out', (t) => {
  const open = (formula: (typeof nodeLocal)['formula'], facts: readonly string[]): boolean =>
    evaluate(formula, (fact) => facts.includes(fact));
  const triple = ['encryptionEnabled', 'kekFileSet', 'sidecarPathSet'];
  t.true(open(nodeLocal.formula, triple));
  for (const missing of triple)
    t.false(
      open(
        nodeLocal.formula,
        triple.filter((f) => f !== missing),
      ),
    );
  t.true(open(byTwoFlags.formula, ['encryptionEnabled', 'kekFileSet']));
  t.true(open(bySidecarPath.formula, ['sidecarPathSet']));
  t.is(new Set(GATES.map((g) => g.name)).size, GATES.length);
});

type Snapshot = ReturnType<typeof initialTransition<typeof rollout>>[0];
function walk(events: readonly (readonly [string, readonly string[]])[]): unknown {
  let [snapshot]: readonly [Snapshot, unknown] = initialTransition(rollout);
  for (const [type, holds] of events) [snapshot] = transition(rollout, snapshot, { type, holds } as never);
  return snapshot.value;
}
const upTo = (name: string): (readonly [string, readonly string[]])[] =>
  STAGES.slice(0, STAGE_NAMES.indexOf(name)).map(() => ['UPGRADE', []] as const);

test('in the chart a start mutates exactly where the gate of its release opens', (t) => {
  for (const s of STAGES) {
    for (const facts of [[], ['sidecarPathSet'], ['encryptionEnabled', 'kekFileSet'], ROLLOUT_FACTS]) {
      const mutating = evaluate(s.mutators.formula, (fact) => facts.includes(fact));
      t.deepEqual(walk([...upTo(s.name), ['START', facts]]), { [s.name]: mutating ? 'mutating' : 'reading' });
    }
  }
});

test('in the chart a release changes only while the process is down, one step at a time and back', (t) => {
  t.deepEqual(
    walk([
      ['START', []],
      ['UPGRADE', []],
    ]),
    { '3': 'reading' },
  );
  t.deepEqual(walk([...upTo('6A'), ['ROLL_BACK', []]]), { '5D': 'stopped' });
  t.deepEqual(walk([...upTo('HEAD'), ['UPGRADE', []]]), { HEAD: 'stopped' });
  t.deepEqual(walk([['ROLL_BACK', []]]), { '3': 'stopped' });
});

test('in the chart a cutover asks every member, and only where its fan-out is wired', (t) => {
  const start: readonly [string, readonly string[]] = ['START', ROLLOUT_FACTS];
  const ask = ['ENABLE_STORAGE_ENVELOPE', ['clusterCapable']] as const;
  t.deepEqual(walk([...upTo('6D-6b'), start, ask]), { '6D-6b': 'mutating' });
  t.deepEqual(walk([...upTo('6D-6c-3'), start, ['ENABLE_STORAGE_ENVELOPE', []]]), { '6D-6c-3': 'mutating' });
  t.deepEqual(walk([...upTo('6D-6c-3'), start, ask]), { '6D-6c-3': 'storageEnveloped' });
  const raft = ['ENABLE_RAFT_ENVELOPE', ['clusterCapable']] as const;
  t.deepEqual(walk([...upTo('6E-2e'), start, ask, raft]), { '6E-2e': 'storageEnveloped' });
  t.deepEqual(walk([...upTo('6E'), start, ask, raft]), { '6E': 'raftEnveloped' });
});
