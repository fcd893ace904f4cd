// What one build of the store is: a row of the stage table, or a designer's own sketch of a binary that no release was.
// A sketch says only what it applies, serves and is gated by; everything else is that of the first release that could
// apply anything. Both are composed by the same code, so that a sketch behaves as a release with those facts would.
import { FALSE, evaluate } from '../../gate/formula.ts';
import type { Formula } from '../../gate/formula.ts';
import type { NamedGate } from '../../gate/gate.ts';
import { assert } from '../../base/assert.ts';
import { stageOf } from '../../admin/stages.ts';
import type { Stage } from '../../admin/stages.ts';
import { ENCRYPTION_RPCS } from '../../admin/encryption-admin.ts';
import type { EncryptionRpc } from '../../admin/encryption-admin.ts';
import { DISPATCH } from '../../fsm/opcodes.ts';
import type { SelfView } from '../../gate/atom.ts';
import type { Build } from '../../scenario/build.ts';
import { wrongsOf } from './wrong.ts';
import type { Wrong } from './wrong.ts';

/** The facts a process is composed from. */
export interface Profile {
  readonly stage: Stage;
  /** Not a release: its capability answer is the face's, and each opcode is applied or not by itself. */
  readonly sketch: boolean;
  /** In what this build deviates from its release. */
  readonly wrong: ReadonlySet<Wrong>;
}

/** RPC names of the face that the contract calls otherwise. */
const ALIASES: Readonly<Record<string, EncryptionRpc>> = { RegisterWriter: 'RegisterEncryptionWriter' };

/** The contract's RPC behind a name of the face; null if there is none. */
export function rpcOf(name: string): EncryptionRpc | null {
  return ALIASES[name] ?? ENCRYPTION_RPCS.find((rpc) => rpc === name) ?? null;
}

/** The facts of a build. */
export function profileOf(build: Build): Profile {
  const wrong = wrongsOf(build.config);
  if (build.stage !== null) {
    const row = (build.config['row'] ?? {}) as Partial<Stage>;
    return { stage: { ...namedStage(build.stage), ...row }, sketch: false, wrong };
  }
  const base = namedStage('6B-2');
  const keys = build.applies.includes('bootstrap') || build.applies.includes('rotation');
  const applier = keys ? 'full' : build.applies.includes('registration') ? 'registryOnly' : 'none';
  const served = build.serves.map(rpcOf);
  const handlers = ENCRYPTION_RPCS.filter((rpc) => served.includes(rpc));
  const { onHalt } = build;
  const dispatch = DISPATCH.raftCutover;
  const sketch: Stage = {
    ...base,
    name: build.name,
    applier,
    handlers,
    dispatch,
    onHalt,
    sidecarIndex: true,
    coldStart: 'skips',
  };
  return { stage: sketch, sketch: true, wrong };
}

/**
 * The gates a release has, as its face shows them: when its mutators are wired, and what both cutovers ask. The handlers
 * of the cutovers ask for themselves, in their own words; see `isOwnGate`.
 */
export function releaseGates(stage: Stage): Readonly<Record<string, Formula>> {
  const never = stage.fanout.formula.f === 'false';
  const cutover: Formula = never ? FALSE : { f: 'and', of: [BOOTSTRAPPED, CAPABLE] };
  const raft = stage.raftEnvelope ? cutover : FALSE;
  return { wire: stage.mutators.formula, EnableStorageEnvelope: cutover, EnableRaftEnvelope: raft };
}

const BOOTSTRAPPED: Formula = { f: 'atom', name: 'bootstrapped' };
const CAPABLE: Formula = { f: 'atom', name: 'clusterCapable' };

/** Whether the gate at an RPC is one that the release's handler asks by itself. */
export function isOwnGate({ stage, sketch }: Profile, build: Build, rpc: string): boolean {
  if (sketch) return false;
  const own = releaseGates(stage)[rpc];
  return own !== undefined && JSON.stringify(own) === JSON.stringify(build.gates[rpc]);
}

/** A row of the stage table. The names of stages are checked where builds are made. */
export function namedStage(name: string): Stage {
  const stage = stageOf(name);
  assert(stage !== null, 'UNKNOWN_STAGE', () => `no stage "${name}"`);
  return stage;
}

/** Whether a gate of the stage table is open for a process, on its flags alone. */
export function isOpen(gate: NamedGate, build: Build, me: SelfView): boolean {
  return evaluate(gate.formula, (name) => {
    const atom = build.subject.atoms[name];
    return atom?.seenBy === 'self' && atom.holds(me);
  });
}
