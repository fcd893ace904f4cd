// What gates and builds of a run have been: the values that atoms had when gates were decided, and which build each node
// had at one time. A verdict says what never occurred, and this is where it is known; without it a gate over a flag that
// every node has would pass for a gate that was tried.
import type { AtomValue } from '../../gate/gate-point.ts';
import type { Seen, SeenAtom, SeenGate } from '../verdict.ts';

/** One atom of one gate, as it has been so far. */
interface Sight {
  readonly build: string;
  readonly at: string;
  readonly atom: string;
  wasTrue: boolean;
  wasFalse: boolean;
}

/** Collects over a run. */
export class Sightings {
  readonly #atoms = new Map<string, Sight>();
  readonly #order: Sight[] = [];
  readonly #untold: SeenGate[] = [];
  readonly #fleets: (readonly string[])[] = [];

  /** A gate of a build was decided on these values. */
  decided(build: string, at: string, values: readonly AtomValue[]): void {
    for (const { atom, holds } of values) {
      const key = `${build}\n${at}\n${atom}`;
      let sight = this.#atoms.get(key);
      if (sight === undefined) {
        sight = { build, at, atom, wasTrue: false, wasFalse: false };
        this.#atoms.set(key, sight);
        this.#order.push(sight);
      }
      if (holds) sight.wasTrue = true;
      else sight.wasFalse = true;
    }
  }

  /** A gate of a build was asked, on values nobody is told. */
  untold(build: string, at: string): void {
    if (!this.#untold.some((gate) => gate.build === build && gate.at === at)) this.#untold.push({ build, at });
  }

  /** The nodes have these builds now; an empty name stands for a node that never ran. */
  fleet(builds: readonly string[]): void {
    if (!this.#fleets.some((known) => known.every((build, n) => build === builds[n]))) this.#fleets.push(builds);
  }

  /** All of it, in the order of first sight. */
  seen(): Seen {
    const atoms = this.#order.map((sight): SeenAtom => ({ ...sight }));
    return { atoms, untold: this.#untold, fleets: this.#fleets };
  }
}
