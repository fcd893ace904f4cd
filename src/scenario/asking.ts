// How a process asks others for a fact. An answer is a moment's truth about one incarnation of one process: it is asked
// when the decision is made, each member once, and kept only as long as the atom says. Most refuted gates of real
// systems were true when they were asked.
import { askUser } from './ask-user.ts';
import { Code } from '../base/errors.ts';
import type { Task } from '../base/task.ts';
import type { Answer, Atom, Members, Who } from '../gate/atom.ts';
import type { AskedAtom } from '../gate/gate-point.ts';
import { durationMs } from './duration.ts';
import { gather } from './gather.ts';
import type { GroupPort, Membership, ProcessPort, ProgramFactory } from './program.ts';

export type AskingAtom = Extract<Atom, { readonly seenBy: 'asking' }>;

/** The longest a question waits, in ms. */
const ASK_TIMEOUT_MS = 1_000;

/** Where a question is asked from: the group addressed, who wants to join, and until when the answer is wanted. */
export interface Scene {
  readonly group: string;
  readonly joiner: string | null;
  /** Virtual ms; null where no caller waits. */
  readonly deadlineMs: number | null;
}

/** What a process needs in order to answer its own questions and to read those of others. */
export interface AnswerCodec {
  answerLocally(rpc: string, group: string): Answer;
  readonly read: Pick<ProgramFactory, 'readAnswer' | 'requestFor'>;
}

/** An answer and when it came in. */
interface Kept {
  readonly answer: Answer;
  readonly atMs: number;
}

/** The answer of one member in one decision. */
type Reply = Kept | 'silent' | 'refused';

/** What became of one atom. */
export interface Judged extends Omit<AskedAtom, 'atom'> {
  readonly holds: boolean;
}

/** One question to one member. */
interface Question {
  readonly rpc: string;
  readonly node: string;
  readonly group: string;
}

/** Asks members on behalf of one process, and keeps what they answered until the process dies. */
export class Asking {
  readonly #port: ProcessPort;
  readonly #codec: AnswerCodec;
  readonly #kept = new Map<string, Kept>();

  constructor(port: ProcessPort, codec: AnswerCodec) {
    this.#port = port;
    this.#codec = codec;
  }

  /** Judges the atoms; each member is asked each RPC at most once, all at the same time. */
  *judge(atoms: readonly AskingAtom[], scene: Scene): Task<Judged[]> {
    const questions: Question[] = [];
    // What is fresh enough now is what counts, however long the others take to answer.
    const reused = atoms.map((atom) => {
      const fresh = new Map<string, Kept>();
      for (const asked of this.#members(atom.who, scene).members) {
        const question = { rpc: atom.rpc, ...asked };
        const kept = this.#fresh(atom, question);
        if (kept !== null) fresh.set(keyOf(question), kept);
        else if (!questions.some((q) => keyOf(q) === keyOf(question))) questions.push(question);
      }
      return fresh;
    });
    const asked = yield* gather(questions.map((question) => this.#ask(question, scene)));
    const replies = new Map(questions.map((question, i) => [keyOf(question), asked[i]!]));
    return atoms.map((atom, i) => this.#judged(atom, scene, reused[i]!, replies));
  }

  #judged(
    atom: AskingAtom,
    scene: Scene,
    reused: ReadonlyMap<string, Kept>,
    replies: ReadonlyMap<string, Reply>,
  ): Judged {
    const nowMs = this.#port.nowMs();
    const { members, known, quorum } = this.#members(atom.who, scene);
    const unmet: string[] = [];
    let oldestMs = 0;
    for (const asked of members) {
      const key = keyOf({ rpc: atom.rpc, ...asked });
      const reply = replies.get(key);
      const last = reply === 'silent' && atom.options.onSilence === 'lastAnswer' ? this.#kept.get(key) : undefined;
      const counted = reused.get(key) ?? (typeof reply === 'object' ? reply : last);
      if (counted !== undefined) oldestMs = Math.max(oldestMs, nowMs - counted.atMs);
      // Truthiness, as a designer's `(a) => a.capable` over a field that may be absent means it.
      if (counted === undefined || !askUser(() => atom.holds(counted.answer), `an atom on ${atom.rpc}`))
        unmet.push(asked.node);
    }
    const needed = quorum ? Math.floor(members.length / 2) + 1 : members.length;
    const holds = known && members.length - unmet.length >= needed;
    return { holds, members: members.map(({ node }) => node), unmet, oldestMs };
  }

  #fresh(atom: AskingAtom, question: Question): Kept | null {
    const { fresh } = atom.options;
    const kept = this.#kept.get(keyOf(question));
    if (fresh === undefined || kept === undefined || question.node === this.#port.node) return null;
    const age = this.#port.nowMs() - kept.atMs;
    return age <= durationMs(fresh, 'fresh', this.#port.electionMs) ? kept : null;
  }

  *#ask(question: Question, scene: Scene): Task<Reply> {
    const { rpc, node, group } = question;
    // A process knows itself without a network: its own answer is never old and never silent.
    if (node === this.#port.node) return { answer: this.#codec.answerLocally(rpc, group), atMs: this.#port.nowMs() };
    const body = this.#codec.read.requestFor(rpc);
    const reply = yield* this.#port.rpc(node, group, rpc, body, this.#timeoutMs(scene));
    if (reply.code === Code.Unavailable || reply.code === Code.DeadlineExceeded) return 'silent';
    if (reply.code !== Code.Ok) return 'refused';
    const answer: Kept = { answer: this.#codec.read.readAnswer(rpc, reply.body), atMs: this.#port.nowMs() };
    this.#kept.set(keyOf(question), answer);
    return answer;
  }

  /** At most half of what the caller has left, so that a refusal still reaches it. */
  #timeoutMs(scene: Scene): number {
    if (scene.deadlineMs === null) return ASK_TIMEOUT_MS;
    const left = Math.floor((scene.deadlineMs - this.#port.nowMs()) / 2);
    return Math.max(1, Math.min(ASK_TIMEOUT_MS, left));
  }

  /** Whom an atom asks, on which listener; `known` is false where this process hosts no replica that could tell. */
  #members(
    who: Members,
    scene: Scene,
  ): {
    readonly members: readonly { node: string; group: string }[];
    readonly known: boolean;
    readonly quorum: boolean;
  } {
    if (who === 'votersAndLearnersOfEveryGroup') {
      const members: { node: string; group: string }[] = [];
      for (const group of this.#port.groups) {
        for (const node of namesOf(group.members(), 'votersAndLearners', null)) {
          if (!members.some((member) => member.node === node)) members.push({ node, group: group.name });
        }
      }
      return { members, known: true, quorum: false };
    }
    const kind = typeof who === 'object' ? who.who : who;
    const name = typeof who === 'object' ? who.of : scene.group;
    const group = this.#port.groups.find((hosted) => hosted.name === name);
    const names = kind === 'joiner' ? joinerOf(scene) : namesOf(group?.members() ?? NOBODY, kind, scene.joiner);
    const known = kind === 'joiner' || isKnown(group);
    return { members: names.map((node) => ({ node, group: name })), known, quorum: kind === 'quorumOfVoters' };
  }
}

const NOBODY: Membership = { voters: [], learners: [] };

function isKnown(group: GroupPort | undefined): boolean {
  return group !== undefined && group.members().voters.length > 0;
}

/** Where nobody joins, there is nobody to ask and nothing to refuse. */
function joinerOf(scene: Scene): readonly string[] {
  return scene.joiner === null ? [] : [scene.joiner];
}

function namesOf(members: Membership, who: Who, joiner: string | null): readonly string[] {
  switch (who) {
    case 'voters':
    case 'quorumOfVoters':
      return members.voters;
    case 'learners':
      return members.learners;
    case 'votersAndLearners':
      return [...members.voters, ...members.learners];
    case 'joiner':
      return joiner === null ? [] : [joiner];
  }
}

/** Answers are kept by member name and RPC: whatever bears the name next is taken for the same. */
function keyOf(question: Question): string {
  return `${question.rpc} ${question.node}`;
}
