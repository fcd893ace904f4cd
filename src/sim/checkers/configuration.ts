// Membership changes one step at a time. Two configurations whose quorums need not meet elect two leaders, each of them
// by the book; it takes no more than a second change before the first is applied, or a candidate who counts votes in a
// configuration that is two steps old.
import { EntryType, Role, type ConfState, type Entry, type Index, type Snapshot } from '../../raft/index.ts';
import { quorumsMeet, sameMembers } from './quorums.ts';
import type { CheckContext, Checker, MembersLens, ReplicaLens } from './probe.ts';

interface Applied {
  readonly index: Index;
  readonly conf: ConfState;
}

/** @source Raft thesis 4.1 to 4.3, invariant I8 */
export class Configuration implements Checker {
  readonly name = 'configuration';
  readonly says = 'configurations change one step at a time, and only their voters lead';
  readonly #ctx: CheckContext;
  /** By group: membership changes seen in any log, newest last. */
  readonly #changes: Entry[][];
  /** By group: configurations in order of index. */
  readonly #applied: Applied[][];

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#changes = ctx.groups.map(() => []);
    this.#applied = ctx.groups.map(() => []);
  }

  onStart(node: number, group: number, replica: ReplicaLens): void {
    const { index, confState } = replica.disk.snapshot;
    if (index > 0) this.#restored(node, group, replica.raft.tracker(), confState);
  }

  onSnapshot(node: number, group: number, did: 'take' | 'install', snapshot: Snapshot): void {
    const members = did === 'install' ? this.#ctx.replica(node, group)?.raft.tracker() : undefined;
    if (members === undefined) return;
    this.#restored(node, group, members, snapshot.confState);
    const { voters, votersOutgoing, learners } = snapshot.confState;
    if ([voters, votersOutgoing, learners].some((part) => part.includes(node))) return;
    this.#violated('not-in-snapshot', node, group, () => `installs a snapshot that does not list it`);
  }

  onAppend(node: number, group: number, entry: Entry, leads: boolean): void {
    const isChange = entry.type !== EntryType.Normal;
    const replica = leads ? this.#ctx.replica(node, group) : null;
    if (replica !== null && (isChange || entry.data.length > 0)) this.#mayPropose(node, group, entry, replica);
    if (!isChange) return;
    const known = this.#changes[group]!;
    if (!known.some((other) => other.index === entry.index && other.term === entry.term)) known.push(entry);
  }

  onRole(node: number, group: number, role: Role, _term: number): void {
    const replica = role === Role.Follower ? null : this.#ctx.replica(node, group);
    if (replica === null) return;
    const { incoming, outgoing } = replica.raft.tracker().config;
    if (!incoming.includes(node) && !outgoing.includes(node)) {
      this.#violated(
        'not-a-voter',
        node,
        group,
        () => `${role === Role.Leader ? 'leads' : 'campaigns'} and is no voter`,
      );
    }
    if (role === Role.Leader) return;
    const late = this.#changeBetween(group, replica, replica.applied() + 1, replica.commit());
    if (late !== null) {
      this.#violated('campaign-before-change', node, group, () => {
        return `campaigns while the committed change at index ${late.index} is not applied`;
      });
    }
  }

  onConf(node: number, group: number, index: Index, conf: ConfState): void {
    this.#isSound(node, group, conf);
    const raft = this.#ctx.replica(node, group)?.raft;
    if (raft !== undefined && raft.isLearner !== raft.tracker().config.learners.includes(node)) {
      const believes = raft.isLearner ? 'a learner' : 'no learner';
      this.#violated('learner-flag', node, group, () => `takes itself for ${believes} under ${confText(conf)}`);
    }
    const applied = this.#applied[group]!;
    let at = applied.length;
    while (at > 0 && applied[at - 1]!.index >= index) at--;
    const same = applied[at];
    if (same !== undefined && same.index === index) {
      if (!equalConf(same.conf, conf))
        this.#violated('other-configuration', node, group, () => `applies another configuration at index ${index}`);
      return;
    }
    applied.splice(at, 0, { index, conf });
    for (const near of [applied[at - 1], applied[at + 1]]) {
      if (near === undefined || quorumsMeet(near.conf, conf)) continue;
      this.#violated('quorums-apart', node, group, () => {
        return `applies ${confText(conf)} at index ${index}, whose quorums need not meet those of ${confText(near.conf)} at ${near.index}`;
      });
    }
  }

  #mayPropose(node: number, group: number, entry: Entry, replica: ReplicaLens): void {
    const { config } = replica.raft.tracker();
    const isMember = config.incoming.includes(node) || config.outgoing.includes(node) || config.learners.includes(node);
    if (!isMember)
      this.#violated('removed-leader', node, group, () => `proposes index ${entry.index} after it was removed`);
    if (entry.type === EntryType.Normal) return;
    const pending = this.#changeBetween(group, replica, replica.applied() + 1, entry.index - 1);
    if (pending === null) return;
    this.#violated('two-changes', node, group, () => {
      return `proposes a change at index ${entry.index} while the one at ${pending.index} is not applied`;
    });
  }

  /** A change that stands in the replica's log in [from, to]. */
  #changeBetween(group: number, replica: ReplicaLens, from: Index, to: Index): Entry | null {
    const changes = this.#changes[group]!;
    for (let i = changes.length - 1; i >= 0; i--) {
      const { index, term } = changes[i]!;
      if (index >= from && index <= to && replica.raft.termAt(index) === term) return changes[i]!;
    }
    return null;
  }

  #restored(node: number, group: number, { config }: MembersLens, conf: ConfState): void {
    const same =
      sameMembers(config.incoming, conf.voters) &&
      sameMembers(config.outgoing, conf.votersOutgoing) &&
      sameMembers(config.learners, conf.learners) &&
      sameMembers(config.learnersNext, conf.learnersNext);
    if (!same)
      this.#violated('restored-otherwise', node, group, () => `restores a configuration other than ${confText(conf)}`);
  }

  #isSound(node: number, group: number, { voters, votersOutgoing, learners, learnersNext }: ConfState): void {
    const both = learners.find((member) => voters.includes(member) || votersOutgoing.includes(member));
    if (both !== undefined)
      this.#violated('learner-and-voter', node, group, () => `has ${this.#ctx.nodes[both]!} as learner and voter`);
    const early = learnersNext.find((member) => !votersOutgoing.includes(member));
    if (early !== undefined)
      this.#violated(
        'learner-next',
        node,
        group,
        () => `keeps ${this.#ctx.nodes[early]!}, no outgoing voter, as a later learner`,
      );
  }

  #violated(code: string, node: number, group: number, says: () => string): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => `${nodes[node]!} ${says()} in ${groups[group]!}`);
  }
}

function equalConf(a: ConfState, b: ConfState): boolean {
  return (
    sameMembers(a.voters, b.voters) &&
    sameMembers(a.votersOutgoing, b.votersOutgoing) &&
    sameMembers(a.learners, b.learners) &&
    sameMembers(a.learnersNext, b.learnersNext)
  );
}

function confText(conf: ConfState): string {
  const outgoing = conf.votersOutgoing.length > 0 ? `&&(${conf.votersOutgoing.join(' ')})` : '';
  return `voters (${conf.voters.join(' ')})${outgoing}`;
}
