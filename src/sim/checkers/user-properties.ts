// A designer's own properties. Their predicates look at the cluster view, and are asked when something changed that a view
// can show. Every change is looked at in a run of ordinary length; beyond that, plain progress (commits and applied
// entries) is looked at ten times in a hundred milliseconds, while elections, halts, starts, stops, membership changes and
// answers to calls are never passed over. A thousand virtual seconds of writes would otherwise cost more in predicates
// than in Raft.
import { thrownByUser } from '../../scenario/ask-user.ts';
import type { ClusterView } from '../../gate/atom.ts';
import { durationMs } from '../../scenario/duration.ts';
import type { Once, Property } from '../../scenario/properties.ts';
import type { Obligation } from './liveness.ts';
import type { CheckContext, Checker } from './probe.ts';

type Predicate = (cluster: ClusterView<never>) => boolean;

/** Changes up to which every one is looked at. */
const EXACT_LOOKS = 5_000;
/** Distance of looks at plain progress from then on, ms. */
const THINNED_MS = 10;
/** Room behind a deadline for the tick that notices it, ms. */
const SLACK_MS = 100;
const NEVER_MS = -1;

/** A property with a deadline: `eventually` is `leadsTo` with a `when` that is always true. */
interface Deadline {
  readonly name: string;
  readonly kind: 'eventually' | 'leadsTo';
  readonly when: Predicate | null;
  readonly holds: Predicate;
  readonly withinMs: number;
  readonly once: Once;
  /** When the obligation arose, ms; NEVER_MS while there is none. */
  sinceMs: number;
  /** No obligation can arise any more. */
  over: boolean;
}

interface Invariant {
  readonly name: string;
  readonly kind: 'always' | 'never';
  readonly holds: Predicate;
  broken: boolean;
}

interface Sighting {
  readonly name: string;
  readonly holds: Predicate;
  met: boolean;
}

/** All properties of a scenario that are given by predicates. */
export class UserProperties implements Checker, Obligation {
  readonly name = 'user-properties';
  readonly says = "the scenario's own properties";
  /** How often predicates were asked, by property. */
  readonly asked = new Map<string, number>();
  readonly #ctx: CheckContext;
  readonly #view: ClusterView<never>;
  readonly #viewVersion: () => number;
  readonly #invariants: Invariant[] = [];
  readonly #sightings: Sighting[] = [];
  readonly #deadlines: Deadline[] = [];
  #looks = 0;
  #lookedMs = -THINNED_MS;
  #lookedVersion = -1;
  #dirty = true;
  #healedMs = NEVER_MS;
  #planDoneMs = NEVER_MS;

  /** @param viewVersion changes when the view shows something that no event of the probe tells */
  constructor(properties: readonly Property[], view: ClusterView, viewVersion: () => number, ctx: CheckContext) {
    this.#ctx = ctx;
    this.#view = view as ClusterView<never>;
    this.#viewVersion = viewVersion;
    for (const property of properties) this.#add(property);
  }

  /** Names of the `sometimes` properties that were met, in the order in which they are declared. */
  met(): string[] {
    return this.#sightings.filter((sighting) => sighting.met).map((sighting) => sighting.name);
  }

  unmetUntilMs(): number {
    let untilMs = NEVER_MS;
    for (const deadline of this.#deadlines) {
      const dueMs = this.#dueMs(deadline);
      if (!deadline.over && dueMs >= 0 && dueMs + SLACK_MS > untilMs) untilMs = dueMs + SLACK_MS;
    }
    return untilMs;
  }

  onStart(): void {
    this.#look();
  }

  onStop(): void {
    this.#look();
  }

  onRole(): void {
    this.#look();
  }

  onHalt(): void {
    this.#look();
  }

  onConf(): void {
    this.#look();
  }

  onReturn(): void {
    this.#look();
  }

  onCommit(): void {
    this.#glance();
  }

  onApply(): void {
    this.#glance();
  }

  onSnapshot(): void {
    this.#glance();
  }

  onHealed(nowMs: number): void {
    this.#healedMs = nowMs;
    this.#look();
  }

  onPlanDone(nowMs: number): void {
    this.#planDoneMs = nowMs;
    this.#look();
  }

  onTick(nowMs: number): void {
    if (this.#dirty || this.#viewVersion() !== this.#lookedVersion) this.#look();
    for (const deadline of this.#deadlines) {
      const dueMs = this.#dueMs(deadline);
      if (!deadline.over && dueMs >= 0 && nowMs > dueMs) this.#tooLate(deadline, nowMs);
    }
  }

  onEnd(): void {
    this.#look();
  }

  #add(property: Property): void {
    const withinMs = 'within' in property ? durationMs(property.within, property.name, this.#ctx.electionMs[0]) : 0;
    const name = property.name;
    switch (property.p) {
      case 'always':
      case 'never':
        this.#invariants.push({ name, kind: property.p, holds: property.holds as Predicate, broken: false });
        break;
      case 'sometimes':
        this.#sightings.push({ name, holds: property.holds as Predicate, met: false });
        break;
      case 'eventually':
      case 'leadsTo': {
        const when = property.p === 'leadsTo' ? (property.when as Predicate) : null;
        const { once } = property;
        const holds = property.holds as Predicate;
        this.#deadlines.push({ name, kind: property.p, when, holds, withinMs, once, sinceMs: NEVER_MS, over: false });
        break;
      }
      case 'linearizable':
      case 'builtin':
        break;
    }
  }

  /** Plain progress: looked at every time at first, then now and then. */
  #glance(): void {
    if (this.#looks < EXACT_LOOKS || this.#ctx.nowMs() >= this.#lookedMs + THINNED_MS) this.#look();
    else this.#dirty = true;
  }

  #look(): void {
    this.#looks++;
    this.#dirty = false;
    this.#lookedMs = this.#ctx.nowMs();
    this.#lookedVersion = this.#viewVersion();
    for (const invariant of this.#invariants) if (!invariant.broken) this.#checkInvariant(invariant);
    for (const sighting of this.#sightings) {
      if (!sighting.met && this.#ask(sighting.name, sighting.holds)) sighting.met = true;
    }
    for (const deadline of this.#deadlines) if (!deadline.over) this.#checkDeadline(deadline);
  }

  #checkInvariant(invariant: Invariant): void {
    if (this.#ask(invariant.name, invariant.holds) === (invariant.kind === 'always')) return;
    invariant.broken = true;
    this.#ctx.violated(invariant.name, invariant.kind, 0, 0, () => `${invariant.kind}: ${invariant.name}`);
  }

  #checkDeadline(deadline: Deadline): void {
    if (deadline.when === null) {
      // An eventual property counts from its moment on; what held before is no evidence.
      const fromMs = this.#momentMs(deadline.once);
      if (fromMs < 0) return;
      deadline.sinceMs = fromMs;
      deadline.over = this.#ask(deadline.name, deadline.holds);
      return;
    }
    const isOpen = deadline.sinceMs >= 0;
    if (!isOpen && !this.#ask(deadline.name, deadline.when)) return;
    const isMet = this.#ask(deadline.name, deadline.holds);
    if (isMet) deadline.sinceMs = NEVER_MS;
    else if (!isOpen) deadline.sinceMs = this.#ctx.nowMs();
  }

  #tooLate(deadline: Deadline, nowMs: number): void {
    deadline.over = true;
    this.#ctx.violated(deadline.name, deadline.kind, 0, 0, () => {
      const sinceMs = Math.max(deadline.sinceMs, this.#momentMs(deadline.once));
      return `${deadline.kind}: ${deadline.name}: not within ${nowMs - sinceMs} ms`;
    });
  }

  /** When an obligation falls due; NEVER_MS while there is none or its moment has not come. */
  #dueMs(deadline: Deadline): number {
    const fromMs = this.#momentMs(deadline.once);
    if (fromMs < 0 || deadline.sinceMs < 0) return NEVER_MS;
    return Math.max(fromMs, deadline.sinceMs) + deadline.withinMs;
  }

  #momentMs(once: Once): number {
    return once === 'healed' ? this.#healedMs : this.#planDoneMs;
  }

  #ask(name: string, predicate: Predicate): boolean {
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    try {
      return predicate(this.#view);
    } catch (error) {
      throw thrownByUser(error, `the predicate of property "${name}"`);
    }
  }
}
