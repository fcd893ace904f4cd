// The feature under test as the model sees it: its own `apply`, atoms and answers, each asked once for each distinct
// question. The model is made of the very functions the simulator runs; a second description of the feature would be a
// second feature.
import type { Atom, SelfView } from '../../gate/atom.ts';
import type { Build } from '../../scenario/build.ts';
import type { SubjectDefinition } from '../../scenario/subject.ts';
import type { Entry } from '../../scenario/subject.ts';
import { askAnswer, askUser } from '../../scenario/ask-user.ts';
import { appliesIn } from '../../scenario/self-view.ts';
import { applyAgain, applyPurely, isHalt } from '../../scenario/apply-purely.ts';
import { canonicalJson, deepFreeze } from '../../scenario/canonical.ts';
import { Interner } from './interner.ts';
import { ModelLimit, type Touched } from './limit.ts';

/** What an entry does to a replica: state and side files after it, or why it halts. */
export interface Applied {
  readonly state: number;
  readonly durable: number;
  readonly halt: string | null;
}

export type AskingAtom = Extract<Atom, { readonly seenBy: 'asking' }>;

/** A build does not serve the RPC, or the process is not there to answer. */
export const NO_ANSWER = -1;

type Fields = Readonly<Record<string, unknown>>;

/** Memoised questions to one subject. Nodes, builds, states and side files are small integers throughout. */
export class Facts {
  readonly subject: SubjectDefinition;
  readonly builds: readonly Build[];
  readonly states = new Interner<unknown>('states of the feature', 65_535);
  readonly durables = new Interner<Fields>('contents of side files', 255);
  readonly initialState: number;
  /** RPCs that asking atoms use, and for each the atoms that read its answers. */
  readonly rpcs: readonly string[];
  readonly atomsOfRpc: readonly (readonly string[])[];
  readonly #kinds: readonly number[][];
  readonly #nodes: readonly string[];
  readonly #touched: Touched;
  readonly #applied = new Map<string, Map<number, Applied>>();
  readonly #views = new Map<number, SelfView>();
  readonly #classes = new Map<number, number>();
  readonly #self = new Map<number, boolean>();
  readonly #log = new Map<number, boolean>();

  constructor(subject: SubjectDefinition, builds: readonly Build[], nodes: readonly string[], touched: Touched) {
    this.subject = subject;
    this.builds = builds;
    this.#nodes = nodes;
    this.#touched = touched;
    const initial = deepFreeze(subject.initial(), 'initial');
    this.initialState = this.states.id(initial);
    const fields = subject.durable.map((field) => [field, (initial as Fields)[field]] as const);
    this.durables.id(Object.fromEntries(fields));
    const atoms = Object.keys(subject.atoms);
    const asking = atoms.filter((name) => subject.atoms[name]!.seenBy === 'asking');
    const asked = asking.map((name) => (subject.atoms[name] as AskingAtom).rpc);
    this.rpcs = asked.filter((rpc, i) => asked.indexOf(rpc) === i);
    this.#kinds = this.rpcs.map(() => []);
    this.atomsOfRpc = this.rpcs.map((rpc) => asking.filter((n) => (subject.atoms[n] as AskingAtom).rpc === rpc));
  }

  /** The process as its own predicates see it. `build` counts from 0. */
  selfView(node: number, build: number, durable: number): SelfView {
    const key = (node * 32 + build) * 256 + durable;
    let view = this.#views.get(key);
    if (view === undefined) {
      view = this.#makeView(node, this.builds[build]!, this.durables.value(durable));
      this.#views.set(key, view);
    }
    return view;
  }

  #makeView(node: number, build: Build, durable: Fields): SelfView {
    const touched = this.#touched;
    const name = this.#nodes[node]!;
    return {
      get id() {
        touched.node = -1;
        return name;
      },
      build: build.name,
      maxVersion: build.maxVersion,
      config: build.config,
      durable,
      applies: appliesIn(build),
    };
  }

  /** Applies one entry. @param kind of the entry, different for different entries; @param index log position from 1 */
  apply(
    state: number,
    op: string,
    args: Readonly<Record<string, string>>,
    kind: number,
    node: number,
    build: number,
    durable: number,
    index: number,
  ): Applied {
    const touched = this.#touched;
    const outer = `${kind}/${build}/${touched.node !== 0 ? node : ''}/${touched.index || touched.term ? index : ''}`;
    let inner = this.#applied.get(outer);
    if (inner === undefined) this.#applied.set(outer, (inner = new Map()));
    const key = state * 256 + durable;
    let applied = inner.get(key);
    if (applied === undefined) {
      applied = this.#applyOnce(state, op, args, this.selfView(node, build, durable), durable, index);
      inner.set(key, applied);
    }
    return applied;
  }

  #applyOnce(
    state: number,
    op: string,
    args: Readonly<Record<string, string>>,
    me: SelfView,
    durable: number,
    index: number,
  ): Applied {
    const touched = this.#touched;
    const entry = {
      op,
      args,
      get index() {
        touched.index = true;
        return index;
      },
      get term() {
        touched.term = true;
        return 1;
      },
    };
    const before = this.states.value(state);
    const after = applyAgain(this.subject, before, entry, me);
    if (isHalt(after)) return { state, durable, halt: after.halt };
    const kept = this.#written(before, after, entry, me, this.durables.value(durable));
    return { state: this.states.id(after), durable: this.durables.id(kept), halt: null };
  }

  /** The side files after an entry. A replay runs behind them: only a run on top of them tells what the entry writes. */
  #written(before: unknown, after: unknown, entry: Entry<string>, me: SelfView, kept: Fields): Fields {
    const fields = this.subject.durable;
    if (fields.length === 0) return kept;
    const ahead = fields.some((field) => canonicalJson((before as Fields)[field]) !== canonicalJson(kept[field]));
    const onTop = ahead
      ? applyPurely(this.subject, deepFreeze({ ...(before as Fields), ...kept }, 'state'), entry, me)
      : after;
    if (isHalt(onTop)) return kept;
    return { ...kept, ...Object.fromEntries(fields.map((field) => [field, (onTop as Fields)[field]])) };
  }

  selfAtom(atom: number, holds: (me: SelfView) => boolean, node: number, build: number, durable: number): boolean {
    const key = ((atom * 16 + node) * 32 + build) * 256 + durable;
    let value = this.#self.get(key);
    if (value === undefined) {
      value = askUser(() => holds(this.selfView(node, build, durable)), this.#atomName(atom));
      this.#self.set(key, value);
    }
    return value;
  }

  logAtom(atom: number, holds: (state: never) => boolean, state: number): boolean {
    const key = atom * 65_536 + state;
    let value = this.#log.get(key);
    if (value === undefined) {
      value = askUser(() => holds(this.states.value(state) as never), this.#atomName(atom));
      this.#log.set(key, value);
    }
    return value;
  }

  #atomName(slot: number): string {
    return `atom "${Object.keys(this.subject.atoms)[slot] ?? ''}"`;
  }

  /**
   * How a process answers an RPC, as far as any atom can tell: bit i says whether atom i of the RPC is content with it.
   * `NO_ANSWER` where its build does not serve the RPC.
   */
  answerClass(rpc: number, node: number, build: number, durable: number): number {
    const key = ((rpc * 16 + node) * 32 + build) * 256 + durable;
    let bits = this.#classes.get(key);
    if (bits === undefined) {
      bits = this.#answerOnce(this.rpcs[rpc]!, rpc, this.selfView(node, build, durable), this.builds[build]!);
      this.#classes.set(key, bits);
    }
    return bits;
  }

  /** A small number for an answer's class, to be kept in a bit mask. @throws ModelLimit beyond 8 */
  kindOfAnswer(rpc: number, answer: number): number {
    const kinds = this.#kinds[rpc]!;
    const known = kinds.indexOf(answer);
    if (known >= 0) return known;
    if (kinds.length === 8) throw new ModelLimit(`more than 8 kinds of answers to ${this.rpcs[rpc]}`);
    return kinds.push(answer) - 1;
  }

  answerOfKind(rpc: number, kind: number): number {
    return this.#kinds[rpc]![kind]!;
  }

  #answerOnce(name: string, rpc: number, me: SelfView, build: Build): number {
    const answers = this.subject.rpcs[name]?.answers;
    if (answers === undefined || !build.serves.includes(name)) return NO_ANSWER;
    const answer = askAnswer(this.subject, name, me);
    let bits = 0;
    for (const [i, atom] of this.atomsOfRpc[rpc]!.entries()) {
      const { holds } = this.subject.atoms[atom] as AskingAtom;
      if (askUser(() => holds(answer), `atom "${atom}"`)) bits |= 1 << i;
    }
    return bits;
  }
}
