// The world as one process sees it: its groups, its files, its clock and its peers, all by name. Whatever a feature does
// goes through here, so a feature cannot tell a simulated node from a real one, and cannot see more than a real one could.
import { assert } from '../../base/assert.ts';
import type { Task } from '../../base/task.ts';
import { Role, type ConfState, type RaftId } from '../../raft/index.ts';
import { ownProperties } from '../../scenario/scenario.ts';
import type { GroupPort, Membership, ProcessPort, ProposalFailure, Proposed } from '../../scenario/program.ts';
import type { StateMachine } from '../../fsm/state-machine.ts';
import type { Process } from './process.ts';
import type { Replica } from './replica.ts';
import { failed } from './waiters.ts';

const ROLE_NAMES = ['follower', 'candidate', 'leader', 'candidate'] as const;

/** Offers a process to the program that runs in it. */
export function processPort(process: Process): ProcessPort {
  const { world, home, build } = process;
  const purpose = (name: string): string => `program/${home.name}/${name}`;
  return {
    node: home.name,
    build,
    get groups() {
      return process.home.hosted().map((group) => new Group(process, group));
    },
    get files() {
      return home.disk.files;
    },
    durable: { get: () => home.durable(), put: (fields) => home.putDurable(fields) },
    store: (group) => home.store(world.groupNumber(group)),
    electionMs: world.scenario.cluster.electionMs[0],
    nowMs: () => process.nowMs(),
    sleep: (ms) => process.sleep(ms),
    rpc: (node, group, method, body, timeoutMs) =>
      world.rpc.call(process, world.nodeNumber(node), group, method, body, timeoutMs),
    spawn: (_name, task) => process.run(task()),
    decided: (decision, values) => {
      world.note.gate(process, decision);
      world.sightings.decided(build.name, decision.at, values);
    },
    asksItself: (at) => world.sightings.untold(build.name, at),
    identified: (group, fullNodeId) => process.probe.onIdentity(home.node, world.groupNumber(group), fullNodeId),
    observe: ownProperties(world.scenario).length > 0 ? (fact) => process.probe.onFact(home.node, fact) : null,
    choose: (name, n) => world.choose(purpose(name), 0, n),
    exit: (reason) => world.soon(() => process.end('exit', reason)),
  };
}

/** Membership by name; while joint, the union of both halves. */
export function membership(process: Process, conf: ConfState): Membership {
  const voters = ascending([...conf.voters, ...conf.votersOutgoing]);
  const learners = ascending([...conf.learners, ...conf.learnersNext]).filter((id) => !voters.includes(id));
  const names = (ids: readonly RaftId[]): string[] => ids.map((id) => process.world.nodeName(id));
  return { voters: names(voters), learners: names(learners) };
}

function ascending(ids: readonly RaftId[]): RaftId[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** One group of a process; every call goes to the replica of the moment. */
class Group implements GroupPort {
  readonly name: string;
  readonly id: number;
  readonly #process: Process;

  constructor(process: Process, group: number) {
    this.#process = process;
    this.id = group;
    this.name = process.world.groupName(group);
  }

  get machine(): StateMachine {
    const replica = this.#replica();
    assert(replica !== null, 'GROUP_CLOSED', () => `group ${this.name} is not open`);
    return replica.machine;
  }

  *propose(payload: Uint8Array, deadlineMs?: number): Task<Proposed> {
    const replica = this.#replica();
    if (replica === null) return failed('closed', 'raft engine: closed');
    return yield* replica.propose(payload, deadlineMs);
  }

  role(): 'leader' | 'follower' | 'candidate' | 'learner' | 'shutdown' {
    const replica = this.#replica();
    if (replica === null || !replica.isLive()) return 'shutdown';
    if (replica.role() === Role.Follower && !replica.isVoter()) return 'learner';
    return ROLE_NAMES[replica.role()];
  }

  leader(): { readonly id: string; readonly address: string } {
    const replica = this.#replica();
    if (replica === null || replica.lead === 0 || !replica.isLive()) return { id: '', address: '' };
    const { world } = this.#process;
    return { id: world.nodeName(replica.lead), address: world.address(replica.lead, this.id) };
  }

  *verifyLeader(deadlineMs?: number): Task<ProposalFailure | null> {
    const index = yield* this.#read(false, deadlineMs);
    return typeof index === 'number' ? null : index;
  }

  *linearizableRead(deadlineMs?: number): Task<number | ProposalFailure> {
    return yield* this.#read(true, deadlineMs);
  }

  members(): Membership {
    const replica = this.#replica();
    if (replica !== null) return membership(this.#process, replica.conf);
    // Before the group is open: the peers persisted with it, else those it is founded with.
    const { home, world } = this.#process;
    return membership(this.#process, home.conf[this.id] ?? world.founders(this.id));
  }

  appliedIndex(): number {
    return this.#replica()?.applied() ?? 0;
  }

  entry(index: number): Uint8Array | null {
    const replica = this.#replica();
    if (replica === null || index < this.firstIndex()) return null;
    const entries = replica.disk.storage.lastIndex() >= index ? replica.disk.storage.entries(index, index + 1, 1) : -1;
    return typeof entries === 'number' ? null : (entries[0]?.data ?? null);
  }

  firstIndex(): number {
    return this.#replica()?.disk.storage.firstIndex() ?? 0;
  }

  snapshot(): Uint8Array | null {
    const newest = this.#process.home.log(this.id).storage.snapshot();
    return typeof newest === 'number' ? null : newest.data;
  }

  #replica(): Replica | null {
    return this.#process.replica(this.id);
  }

  *#read(untilApplied: boolean, deadlineMs: number | undefined): Task<number | ProposalFailure> {
    const replica = this.#replica();
    if (replica === null) return 'closed';
    return yield* replica.readIndex(untilApplied, deadlineMs);
  }
}
