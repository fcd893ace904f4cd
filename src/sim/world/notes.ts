// What the world writes into the trace, by name and number. The frequent events go straight to the recorder; this is for
// the rare ones, and for the Probe that turns a replica's own events into records.
import type { Halt } from '../../fsm/state-machine.ts';
import type { GateDecision } from '../../gate/gate-point.ts';
import type { ConfState, Entry, Role, Snapshot } from '../../raft/index.ts';
import type { ProgramFactory } from '../../scenario/program.ts';
import type { Checker, Digestible } from '../checkers/probe.ts';
import type { TraceRecorder } from '../kernel/trace-recorder.ts';
import type { Step } from './plan-cursor.ts';
import { stepText } from './plan-text.ts';
import type { Build } from '../../scenario/build.ts';
import type { ClusterState } from './cluster-state.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** Writes the rare events of a run. */
export class Notes {
  readonly #recorder: TraceRecorder;

  constructor(recorder: TraceRecorder) {
    this.#recorder = recorder;
  }

  process(
    kind: 'start' | 'stop' | 'crash' | 'pause' | 'resume' | 'refused' | 'exit' | 'serving',
    process: Process,
    detail: string,
  ): void {
    this.#recorder.rare(kind, process.node, 0, { build: process.build.name, detail });
  }

  halt(process: Process, group: number, halt: Halt): void {
    const { index, opcode, code, detail } = halt;
    this.#recorder.rare('haltApply', process.node, group, { index, opcode, code, detail });
  }

  gate(process: Process, decision: GateDecision): void {
    this.#recorder.rare('gate', process.node, 0, { decision });
  }

  plan(path: string, step: Step): void {
    this.#recorder.rare('plan', 0, 0, { path, detail: stepText(step) });
  }

  call(call: number, rpc: string, detail: string): void {
    this.#recorder.rare('call', 0, 0, { call, rpc, detail });
  }

  returned(call: number, rpc: string, code: string, message: string): void {
    this.#recorder.rare('return', 0, 0, { call, rpc, code, message });
  }

  fault(kind: 'fault' | 'heal', node: number, detail: string): void {
    this.#recorder.rare(kind, node, 0, { detail });
  }

  kv(
    client: number,
    group: number,
    op: 'put' | 'get',
    phase: 'call' | 'ok' | 'fail' | 'unknown',
    key: string,
    value: string | null,
  ): void {
    this.#recorder.kv(client, group, op, phase, key, value);
  }
}

/** Records what replicas do. */
export class RecordingChecker implements Checker {
  readonly name = 'trace';
  readonly says = 'every event is recorded';
  readonly #recorder: TraceRecorder;
  readonly #state: ClusterState;
  /** Names of the subject's entries, by opcode. */
  readonly #names: (string | undefined)[] = [];
  readonly #factory: ProgramFactory;
  readonly #nodeNames: readonly string[];
  readonly #terms: Int32Array;
  /** Replicas append the same entry one after another: it is described once. */
  #described: Entry | null = null;
  #opcode = -1;
  #opcodeName = '';

  constructor(world: World, build: Build) {
    const { nodes, groups } = world.scenario.cluster;
    this.#recorder = world.recorder;
    this.#state = world.state;
    this.#factory = world.factory(build);
    this.#nodeNames = ['', ...nodes];
    this.#terms = new Int32Array((nodes.length + 1) * (groups.length + 1));
    for (const [name, opcode] of Object.entries(build.subject.opcodes)) this.#names[opcode] = name;
  }

  onRole(node: number, group: number, role: Role, term: number): void {
    this.#terms[group * this.#nodeNames.length + node] = term;
    this.#state.touched();
    this.#recorder.role(node, group, role, term);
  }

  onAppend(node: number, group: number, entry: Entry): void {
    this.#describe(entry);
    this.#recorder.append(node, group, entry.index, entry.term, this.#opcode, this.#opcodeName);
  }

  onCommit(node: number, group: number, index: number): void {
    this.#state.touched();
    this.#recorder.commit(node, group, index, this.#terms[group * this.#nodeNames.length + node]!);
  }

  onApply(
    node: number,
    group: number,
    entry: Entry,
    _opcode: number,
    _machine: Digestible | null,
    error: string | null,
  ): void {
    this.#describe(entry);
    this.#recorder.apply(node, group, entry.index, entry.term, this.#opcode, this.#opcodeName, error);
    this.#state.committed(group, entry.index, this.#opcodeName);
    this.#state.touched();
  }

  onHalt(_node: number, group: number, halt: Halt): void {
    this.#state.committed(group, halt.index, this.#names[halt.opcode] ?? '');
    this.#state.touched();
  }

  onSnapshot(node: number, group: number, did: 'take' | 'install', snapshot: Snapshot): void {
    this.#recorder.rare('snapshot', node, group, { did, index: snapshot.index });
  }

  onConf(node: number, group: number, index: number, conf: ConfState): void {
    const names = (ids: readonly number[]): string[] => ids.map((id) => this.#nodeNames[id]!);
    this.#recorder.rare('conf', node, group, { index, voters: names(conf.voters), learners: names(conf.learners) });
  }

  #describe(entry: Entry): void {
    if (entry === this.#described) return;
    this.#described = entry;
    const described = entry.type === 0 && entry.data.length > 0 ? this.#factory.describe(entry.data) : null;
    this.#opcode = described?.opcode ?? -1;
    this.#opcodeName = described?.name ?? (entry.type === 0 ? '' : 'conf change');
  }
}
