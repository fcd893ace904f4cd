// Scripts of the quorum functions: which index a configuration has committed and how a vote stands, for single and joint
// configurations. As the reference does, each answer is also computed in a second way (joined with nothing, with itself,
// halves exchanged, members lowered) and a disagreement is printed, which makes the script fail.
import {
  describeIndex,
  describeQuorum,
  jointIndex,
  jointVote,
  majorityIndex,
  majorityVote,
  VoteResult,
} from '../../raft/index.ts';
import { idOf, indexOf, own, pairs } from './args.ts';
import { goList } from './go-values.ts';
import type { Directive } from './script.ts';
import { badDirective } from './script.ts';
import type { ScriptIds } from './script-ids.ts';

/** Names of the commands, by which such a script is known. */
export const QUORUM_COMMANDS: readonly string[] = ['committed', 'vote'];

/** What a directive says: two halves, whether the second counts, and one value per distinct member. */
interface Question {
  readonly incoming: readonly number[];
  readonly outgoing: readonly number[];
  readonly joint: boolean;
  /** Indexes, or votes as 1 (no) and 2 (yes); 0 where nothing was reported. */
  readonly values: readonly number[];
}

const VOTES: Readonly<Record<string, number>> = { y: 2, n: 1, _: 0 };

/** Runs one directive and gives its output. */
export function runQuorumDirective(ids: ScriptIds, d: Directive): string {
  const q = readQuestion(ids, d);
  const members = distinct([...q.incoming, ...q.outgoing]);
  if (members.length !== q.values.length) {
    const voters = [...members].sort((a, b) => a - b).map((id) => `${ids.dec(id)}:{}`);
    return `error: mismatched input (explicit or _) for voters map${goList(voters)}: ${goList(q.values)}`;
  }
  const values = new Map<number, number>();
  members.forEach((id, i) => {
    const value = q.values[i] as number;
    if (value !== 0) values.set(id, value);
  });
  if (d.command === 'committed') return committed(q, members, values, ids);
  if (d.command === 'vote') return vote(q, values);
  throw badDirective(d, 'unknown command');
}

function readQuestion(ids: ScriptIds, d: Directive): Question {
  const incoming: number[] = [];
  const outgoing: number[] = [];
  const indexes: number[] = [];
  const votes: number[] = [];
  let joint = false;
  for (const { key, value } of pairs(d.args)) {
    if (key === 'cfg') incoming.push(idOf(ids, d, value));
    else if (key === 'cfgj') {
      joint = true;
      if (value !== 'zero') outgoing.push(idOf(ids, d, value));
    } else if (key === 'idx') {
      indexes.push(value === '_' ? 0 : indexOf(d, value));
      if (value !== '_' && indexes[indexes.length - 1] === 0) throw badDirective(d, 'cannot use 0 as idx');
    } else if (key === 'votes') {
      const known = own(VOTES, value);
      if (known === undefined) throw badDirective(d, `unknown vote: ${value}`);
      votes.push(known);
    } else throw badDirective(d, `unknown argument ${key}`);
  }
  return {
    incoming: distinct(incoming),
    outgoing: distinct(outgoing),
    joint,
    values: d.command === 'vote' ? votes : indexes,
  };
}

function distinct(ids: readonly number[]): number[] {
  return [...new Set(ids)];
}

type Values = ReadonlyMap<number, number>;

function acked(half: readonly number[], values: Values): number[] {
  return half.map((id) => values.get(id) ?? 0);
}

function committed(q: Question, members: readonly number[], values: Values, ids: ScriptIds): string {
  const sorted = [...members].sort((a, b) => a - b);
  const chart = describeQuorum(
    sorted,
    sorted.map((id) => values.get(id) ?? null),
    ids,
  );
  const incoming = acked(q.incoming, values);
  const outgoing = acked(q.outgoing, values);
  if (q.joint) {
    const index = jointIndex(incoming, outgoing);
    const exchanged = differing(index, jointIndex(outgoing, incoming), 'via symmetry');
    return `${chart}${exchanged}${describeIndex(index)}\n`;
  }
  const index = majorityIndex(incoming);
  const others =
    differing(index, byCounting(incoming), 'via alternative computation') +
    differing(index, jointIndex(incoming, []), 'via zero-joint quorum') +
    differing(index, jointIndex(incoming, incoming), 'via self-joint quorum') +
    loweredMembers(index, incoming);
  return `${chart}${others}${describeIndex(index)}\n`;
}

function differing(index: number, other: number, how: string): string {
  return other === index ? '' : `${describeIndex(other)} <-- ${how}\n`;
}

/** The definition itself: the largest reported index that more than half of the members have reached. */
function byCounting(indexes: readonly number[]): number {
  if (indexes.length === 0) return majorityIndex([]);
  const reached = indexes.filter((i) => 2 * indexes.filter((other) => other >= i).length > indexes.length);
  return Math.max(0, ...reached);
}

/** A member below the committed index may fall further without changing it. */
function loweredMembers(index: number, indexes: readonly number[]): string {
  return indexes
    .filter((own) => index > own && own > 0)
    .flatMap((own) =>
      [own - 1, 0].map((lower) => {
        const lowered = [...indexes];
        lowered[indexes.indexOf(own)] = lower;
        return differing(index, majorityIndex(lowered), `overlaying ${own}->${lower}`);
      }),
    )
    .join('');
}

function vote(q: Question, values: Values): string {
  const votes = (half: readonly number[]): (boolean | null)[] =>
    half.map((id) => {
      const value = values.get(id);
      return value === undefined ? null : value !== 1;
    });
  const [incoming, outgoing] = [votes(q.incoming), votes(q.outgoing)];
  const result = q.joint ? jointVote(incoming, outgoing) : majorityVote(incoming);
  const exchanged = q.joint ? jointVote(outgoing, incoming) : result;
  const warning = exchanged === result ? '' : `${voteName(exchanged)} <-- via symmetry\n`;
  return `${warning}${voteName(result)}\n`;
}

function voteName(result: VoteResult): string {
  return result === VoteResult.Won ? 'VoteWon' : result === VoteResult.Lost ? 'VoteLost' : 'VotePending';
}
