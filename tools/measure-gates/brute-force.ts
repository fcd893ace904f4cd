// Every gate of a space, run by itself. Gates that decide alike in every situation a run of one of them came to have one and
// the same run; so a run that was made answers for all of them, and only gates that nobody has answered for are run. No
// word of the search that is being checked goes into this.
import { TRUE, type Formula } from '../../src/gate/formula.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { search } from '../../src/search/index.ts';
import { withGate } from '../../src/search/variants.ts';

/** A gate in question. */
export interface Asked {
  readonly name: string;
  readonly scenario: Scenario;
  readonly builds: readonly string[];
  readonly at: string;
  readonly atoms: readonly string[];
}

/** A gate that was run: what it met, how it decided there, and what came of it. */
interface Ran {
  readonly met: readonly number[];
  readonly opens: (situation: number) => boolean;
  readonly breaks: boolean;
  /** Whether it was told all situations there are: where silence cannot open a gate, the best informed ones will do. */
  readonly kind: boolean;
}

/** A way to decide: in these situations so, elsewhere as monotony has it or not at all. */
export interface Behaviour {
  readonly open: readonly number[];
  readonly shut: readonly number[];
  readonly breaks: boolean;
}

export class BeyondLimit extends Error {}

/** Runs gates at one point. */
export class BruteForce {
  readonly #asked: Asked;
  readonly #maxStates: number;
  readonly #ran: Ran[] = [];
  #left: number;
  made = 0;

  /** @param maxStates of one search. @param most states of all searches together */
  constructor(asked: Asked, maxStates: number, most: number) {
    this.#asked = asked;
    this.#maxStates = maxStates;
    this.#left = most;
  }

  /** Every gate there is over the atoms, as sets of situations. At most three atoms. */
  all(): Behaviour[] {
    const rows = 1 << this.#asked.atoms.length;
    return Array.from({ length: 2 ** rows }, (_, table): Behaviour => {
      const situations = Array.from({ length: rows }, (_row, bits) => bits);
      const open = situations.filter((bits) => ((table >>> bits) & 1) === 1);
      const shut = situations.filter((bits) => !open.includes(bits));
      const opens = (bits: number): boolean => open.includes(bits);
      return {
        open,
        shut,
        breaks: (this.#known(opens, false) ?? this.#run(opens, formulaOf(this.#asked.atoms, open))).breaks,
      };
    });
  }

  /** Every way in which a monotone gate may behave, any number of atoms. */
  monotone(): Behaviour[] {
    const found: Behaviour[] = [];
    const visit = (open: readonly number[], shut: readonly number[]): void => {
      const opens = (bits: number): boolean => open.some((one) => (one & ~bits) === 0);
      const ran = this.#known(opens, true) ?? this.#run(opens, monotoneOf(this.#asked.atoms, open));
      const next = ran.met.find((bits) => !open.includes(bits) && !shut.includes(bits));
      if (next === undefined) {
        found.push({ open, shut, breaks: ran.breaks });
        return;
      }
      if (!shut.some((bits) => (next & ~bits) === 0)) visit([...open, next], shut);
      if (!opens(next)) visit(open, [...shut, next]);
    };
    visit([], []);
    return found;
  }

  /** A run that this gate would repeat. */
  #known(opens: (bits: number) => boolean, monotone: boolean): Ran | undefined {
    return this.#ran.find((ran) => (monotone || ran.kind) && ran.met.every((bits) => ran.opens(bits) === opens(bits)));
  }

  #run(opens: (bits: number) => boolean, formula: Formula): Ran {
    const { scenario, builds, at, atoms } = this.#asked;
    // Every atom stands in the formula, so that what a gate meets is told in all of them.
    const idle = atoms.map((name): Formula => {
      const atom: Formula = { f: 'atom', name };
      return { f: 'or', of: [atom, { f: 'not', of: atom }] };
    });
    const whole: Formula = { f: 'and', of: [...idle, formula] };
    const changed = builds.reduce((one, build) => withGate(one, build, at, whole), scenario);
    const searched = search(changed, { maxStates: this.#maxStates });
    this.made++;
    this.#left -= searched.store.size;
    const breaks = searched.broken.length > 0;
    if (this.#left < 0 || (!breaks && !searched.complete)) throw new BeyondLimit();
    const gates = searched.system.model.gates.filter(
      (gate) => gate.at === at && builds.includes(searched.system.model.builds[gate.build]!.name),
    );
    const met = Array.from({ length: 1 << atoms.length }, (_, bits) => bits).filter((bits) =>
      gates.some((gate) => gate.seen[bits] === 1),
    );
    const ran = { met, opens, breaks, kind: gates.every((gate) => gate.silenceMatters || !gate.asks) };
    this.#ran.push(ran);
    return ran;
  }
}

function conjunction(atoms: readonly string[], bits: number): Formula[] {
  return atoms.flatMap((name, i) => ((bits >> i) & 1 ? [{ f: 'atom', name } as const] : []));
}

/** Open wherever there is as much good news as in one of these. */
function monotoneOf(atoms: readonly string[], open: readonly number[]): Formula {
  return { f: 'or', of: open.map((bits) => (bits === 0 ? TRUE : { f: 'and', of: conjunction(atoms, bits) })) };
}

/** Open in these situations and in no other. */
function formulaOf(atoms: readonly string[], open: readonly number[]): Formula {
  const all = (1 << atoms.length) - 1;
  const of = open.map((bits): Formula => {
    const absent = conjunction(atoms, all & ~bits).map((atom): Formula => ({ f: 'not', of: atom }));
    return { f: 'and', of: [...conjunction(atoms, bits), ...absent] };
  });
  return { f: 'or', of };
}
