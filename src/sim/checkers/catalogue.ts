// The simulator's own properties, by name. One table serves the scenario that names one, the hunt that watches all, and
// whoever lists them for a reader.
import { InputError } from '../../base/errors.ts';
import { CommitLedger } from './commit-ledger.ts';
import { CommitRule } from './commit-rule.ts';
import { Configuration } from './configuration.ts';
import { Durability } from './durability.ts';
import { ElectionSafety } from './election-safety.ts';
import { FlowControl } from './flow-control.ts';
import { LeaderCompleteness } from './leader-completeness.ts';
import { LeaseReads } from './lease-reads.ts';
import { Liveness } from './liveness.ts';
import { LogMatching } from './log-matching.ts';
import { Monotonic } from './monotonic.ts';
import { NoApplyHalt } from './no-apply-halt.ts';
import { NodeIdentity } from './node-identity.ts';
import { Peers } from './peers.ts';
import { Reads } from './reads.ts';
import { StateMachineSafety } from './state-machine-safety.ts';
import { Stickiness } from './stickiness.ts';
import { Transfers } from './transfers.ts';
import { Votes } from './votes.ts';
import type { CheckContext, Checker } from './probe.ts';

type Make = (ctx: CheckContext, ledger: CommitLedger) => Checker;

/** Of the Raft layer: every one is an invariant, whatever a scenario is about. In the order in which they are told. */
const RAFT: readonly (readonly [string, Make])[] = [
  ['election-safety', (ctx) => new ElectionSafety(ctx)],
  ['log-matching', (ctx) => new LogMatching(ctx)],
  ['leader-completeness', (ctx, ledger) => new LeaderCompleteness(ctx, ledger)],
  ['state-machine-safety', (ctx) => new StateMachineSafety(ctx)],
  ['durability', (ctx) => new Durability(ctx)],
  ['monotonic', (ctx) => new Monotonic(ctx)],
  ['commit-rule', (ctx, ledger) => new CommitRule(ctx, ledger)],
  ['configuration', (ctx) => new Configuration(ctx)],
  ['reads', (ctx, ledger) => new Reads(ctx, ledger)],
  ['liveness', (ctx) => new Liveness(ctx)],
  ['stickiness', (ctx) => new Stickiness(ctx)],
  ['flow-control', (ctx) => new FlowControl(ctx)],
  ['transfers', (ctx) => new Transfers(ctx)],
  ['peers', (ctx) => new Peers(ctx)],
  ['votes', (ctx) => new Votes(ctx)],
];

/** Promises of the Raft layer that the reference does not keep itself. */
const BEYOND: readonly (readonly [string, Make])[] = [['lease-reads', (ctx, ledger) => new LeaseReads(ctx, ledger)]];

/** Of what runs on top. */
const ABOVE: readonly (readonly [string, Make])[] = [
  ['no-apply-halt', (ctx) => new NoApplyHalt(ctx)],
  ['node-identity', (ctx) => new NodeIdentity(ctx)],
];

const ALL = [...RAFT, ...BEYOND, ...ABOVE];

/** Names of all built-in properties. */
export const BUILTIN_PROPERTIES: readonly string[] = ALL.map(([name]) => name);

/** Names of the invariants of the Raft layer. */
export const RAFT_INVARIANTS: readonly string[] = RAFT.map(([name]) => name);

/**
 * The checkers of that name, preceded by what they share.
 * @throws InputError SCN009 if there is no built-in property of a name
 */
export function builtinCheckers(names: readonly string[], ctx: CheckContext): Checker[] {
  const unknown = names.find((name) => !BUILTIN_PROPERTIES.includes(name));
  if (unknown !== undefined) {
    const known = BUILTIN_PROPERTIES.join(', ');
    throw new InputError('SCN009', `there is no built-in property "${unknown}"; there are ${known}`);
  }
  const ledger = new CommitLedger(ctx);
  const made = ALL.filter(([name]) => names.includes(name)).map(([, make]) => make(ctx, ledger));
  return made.length === 0 ? [] : [ledger, ...made];
}
