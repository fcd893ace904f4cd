// The capability fan-out: before a cutover every member of every group hosted here is asked whether it can decrypt.
// Skipping a member is how a cutover passes with an unverified one: a row without an address, a learner, an address
// another node answers on, a probe that never returns. Each of those is a verdict here, never a gap, and the verdicts
// stand in the order the members were found, so that the refusal an operator reads is always the same one.
import { Code } from '../base/errors.ts';
import type { StatusError } from '../base/errors.ts';
import type { FullNodeId, Ms } from '../base/ids.ts';
import type { Task } from '../base/task.ts';
import type { CapabilitySummary, CapabilityReport } from './messages.ts';
import { NO_NODE, deriveNodeId } from './node-id.ts';
import { EngineError } from './ports.ts';
import type { CallContext, CapabilityFanout, CapabilityVerdict, Clock, FanoutResult } from './ports.ts';
import { failedPrecondition, textOf, waitRefusal } from './refusals.ts';
import { contextError, once, orEnd, spawn } from './waiting.ts';
import type { Wiring } from './wiring.ts';

/** A member as a group's configuration names it. */
export interface FanoutMember {
  readonly fullNodeId: FullNodeId;
  readonly address: string;
}

/** The members of one group hosted by this process. */
export interface FanoutGroup {
  readonly voters: readonly FanoutMember[];
  readonly learners: readonly FanoutMember[];
}

/** A server of a Raft configuration; an empty suffrage counts as a voter. */
export interface ConfiguredServer {
  readonly id: string;
  readonly address: string;
  readonly suffrage: '' | 'voter' | 'learner';
}

/** A member's GetCapability. Throws an Error with the RPC's own text. */
export interface CapabilityClient {
  getCapability(): Task<CapabilityReport>;
}

/** Reaches a member; null or a thrown Error makes it unreachable. */
export type CapabilityDial = (address: string) => CapabilityClient | null;

/** What a fan-out needs. `groups` may throw: a configuration that cannot be read fails the whole fan-out. */
export interface FanoutConfig {
  readonly groups: () => readonly FanoutGroup[];
  readonly dial: CapabilityDial | null;
  readonly timeoutMs: Ms;
  readonly clock: Clock;
}

/** How long a production fan-out waits for its slowest probe. */
export const FANOUT_TIMEOUT_MS = 5000;

/** Splits a configuration into voters and learners, ids derived. @source admin.md §7 */
export function fanoutGroup(servers: readonly ConfiguredServer[]): FanoutGroup {
  const member = (s: ConfiguredServer): FanoutMember => ({ fullNodeId: deriveNodeId(s.id), address: s.address });
  return {
    voters: servers.filter((s) => s.suffrage !== 'learner').map(member),
    learners: servers.filter((s) => s.suffrage === 'learner').map(member),
  };
}

/** The port the service is wired with. */
export function capabilityFanout(config: FanoutConfig): CapabilityFanout {
  return { run: (ctx) => fanOut(config, ctx) };
}

/**
 * Asks every member once, in parallel, under one timeout.
 * @throws EngineError when the input is bad or a configuration cannot be read
 * @source admin.md §7
 */
export function* fanOut(config: FanoutConfig, ctx: CallContext): Task<FanoutResult> {
  if (config.dial === null) throw badInput('dial func is nil');
  if (config.timeoutMs <= 0) throw badInput(`timeout must be positive, got ${goDuration(config.timeoutMs)}`);
  const members = uniqueMembers(config.groups());
  const verdicts: CapabilityVerdict[] = members.map((m) =>
    unreachable(m, `${m.address}: capability fan-out: probe did not complete within timeout`),
  );
  yield* probeAll(config, config.dial, members, verdicts, ctx);
  const ok = verdicts.length > 0 && verdicts.every((v) => v.reachable && v.encryptionCapable);
  return { ok, verdicts };
}

function badInput(detail: string): EngineError {
  return new EngineError('other', `${detail}: capability fan-out: bad input`);
}

/** The first row of a key wins: the id, else the address; a row with neither is always its own. */
function uniqueMembers(groups: readonly FanoutGroup[]): FanoutMember[] {
  const seen = new Set<string>();
  const members: FanoutMember[] = [];
  for (const group of groups) {
    for (const member of [...group.voters, ...group.learners]) {
      const key = memberKey(member);
      if (key !== null && seen.has(key)) continue;
      if (key !== null) seen.add(key);
      members.push(member);
    }
  }
  return members;
}

function memberKey(m: FanoutMember): string | null {
  if (m.fullNodeId !== NO_NODE) return `id ${m.fullNodeId}`;
  return m.address === '' ? null : `address ${m.address}`;
}

/** Overwrites the seeded verdict of every probe that ends in time; the others keep it. */
function* probeAll(
  config: FanoutConfig,
  dial: CapabilityDial,
  members: readonly FanoutMember[],
  verdicts: CapabilityVerdict[],
  ctx: CallContext,
): Task<void> {
  let pending = members.length;
  let bug: unknown = null;
  let allDone: () => void = () => undefined;
  const cancels = members.map((member, i) =>
    spawn(probe(dial, member), (outcome) => {
      if ('value' in outcome) verdicts[i] = outcome.value;
      else bug ??= outcome.error;
      pending--;
      if (pending === 0) allDone();
    }),
  );
  let stopTimer: () => void = () => undefined;
  try {
    if (pending > 0) {
      yield* untilEnd(ctx, (resume) => {
        allDone = resume;
        stopTimer = config.clock.after(config.timeoutMs, resume);
      });
    }
  } finally {
    allDone = () => undefined;
    stopTimer();
    for (const cancel of cancels) cancel();
  }
  if (bug !== null) throw bug;
}

/** Waits for `start`; the caller's end cuts the wait short without an error: the caller asks why later. */
function* untilEnd(ctx: CallContext, start: (resume: () => void) => void): Task<void> {
  try {
    yield* orEnd(ctx, once(start));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
}

function* probe(dial: CapabilityDial, member: FanoutMember): Task<CapabilityVerdict> {
  const { address, fullNodeId } = member;
  if (address === '') {
    return unreachable(
      member,
      `full_node_id=${fullNodeId} has empty address: capability fan-out: malformed route member`,
    );
  }
  let client: CapabilityClient | null;
  try {
    client = dial(address);
  } catch (error) {
    return unreachable(member, `dial ${address}: ${textOf(error)}`);
  }
  if (client === null) {
    return unreachable(member, `dial ${address}: capability fan-out: dialer returned nil client without error`);
  }
  try {
    return verdictOf(member, yield* client.getCapability());
  } catch (error) {
    return unreachable(member, `GetCapability ${address}: ${textOf(error)}`);
  }
}

/** A responder that names another id answers for itself, not for the member; one that names none is believed. */
function verdictOf(member: FanoutMember, report: CapabilityReport): CapabilityVerdict {
  const { address, fullNodeId } = member;
  const reported = report.full_node_id as FullNodeId;
  if (fullNodeId !== NO_NODE && reported !== NO_NODE && reported !== fullNodeId) {
    return unreachable(
      member,
      `${address}: expected full_node_id=${fullNodeId} got ${reported}: capability fan-out: ` +
        'responder full_node_id does not match expected',
    );
  }
  return {
    fullNodeId: fullNodeId === NO_NODE ? reported : fullNodeId,
    reachable: true,
    encryptionCapable: report.encryption_capable,
    buildSha: report.build_sha,
    sidecarPresent: report.sidecar_present,
    error: '',
  };
}

function unreachable(member: FanoutMember, error: string): CapabilityVerdict {
  return {
    fullNodeId: member.fullNodeId,
    reachable: false,
    encryptionCapable: false,
    buildSha: '',
    sidecarPresent: false,
    error,
  };
}

/** Go's rendering of a whole number of milliseconds. */
export function goDuration(ms: Ms): string {
  const sign = ms < 0 ? '-' : '';
  let rest = Math.abs(ms);
  if (rest === 0) return '0s';
  if (rest < 1000) return `${sign}${rest}ms`;
  const hours = Math.trunc(rest / 3_600_000);
  rest -= hours * 3_600_000;
  const minutes = Math.trunc(rest / 60_000);
  const seconds = (rest - minutes * 60_000) / 1000;
  const tail = hours > 0 || minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
  return `${sign}${hours > 0 ? `${hours}h` : ''}${tail}`;
}

/**
 * The fan-out as a cutover's guard: the verdicts, or why the cutover is refused.
 * @throws StatusError @source admin.md §7
 */
export function* requireCapableMembers(w: Wiring, ctx: CallContext): Task<CapabilitySummary[]> {
  if (w.capabilityFanout === null) throw failedPrecondition('capability fan-out is not configured on this node');
  let result: FanoutResult;
  try {
    result = yield* w.capabilityFanout.run(ctx);
  } catch (error) {
    throw fanoutRefusal(error);
  }
  if (result.ok) return result.verdicts.map(summary);
  // A caller that gave up must not read its own impatience as "a member is not capable".
  if (ctx.end() !== null) throw fanoutRefusal(contextError(ctx));
  throw failedPrecondition(`capability check refused cutover (${refusalReason(result)})`);
}

function fanoutRefusal(error: unknown): StatusError {
  return waitRefusal(error, 'capability fan-out', Code.FailedPrecondition, 'failed');
}

function refusalReason(result: FanoutResult): string {
  for (const verdict of result.verdicts) {
    if (!verdict.reachable) return `unreachable member full_node_id=${verdict.fullNodeId}`;
    if (!verdict.encryptionCapable) return `not-capable member full_node_id=${verdict.fullNodeId}`;
  }
  return 'fan-out reported OK=false with no per-member refusal — check leader logs';
}

function summary(v: CapabilityVerdict): CapabilitySummary {
  return {
    full_node_id: v.fullNodeId,
    encryption_capable: v.encryptionCapable,
    build_sha: v.buildSha,
    sidecar_present: v.sidecarPresent,
  };
}
