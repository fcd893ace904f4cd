// Drives recorded fan-outs over stub members: one answers, one refuses the dial, one the RPC, one is no client at all,
// one never answers. Verdicts are compared as the recording has them, sorted, because the real order is that of a map.
import type { FullNodeId } from '../../base/ids.ts';
import { done } from '../../base/task.ts';
import type { Task } from '../../base/task.ts';
import { fanOut } from '../../admin/capability.ts';
import type { CapabilityClient, FanoutGroup } from '../../admin/capability.ts';
import { EngineError } from '../../admin/ports.ts';
import type { CapabilityVerdict, FanoutResult } from '../../admin/ports.ts';
import type { CaseResult } from './case-result.ts';
import { VirtualContext, VirtualTime } from './virtual-time.ts';

interface Member {
  readonly address: string;
  readonly full_node_id: string;
}
interface Peer {
  readonly kind: string;
  readonly reports_full_node_id: string;
  readonly capable: boolean;
  readonly sidecar_present: boolean;
  readonly build_sha: string;
}
interface Verdict {
  readonly full_node_id: string;
  readonly reachable: boolean;
  readonly encryption_capable: boolean;
  readonly sidecar_present: boolean;
  readonly build_sha: string;
  readonly error?: string;
}
interface Case {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly nil_dial: boolean;
  readonly timeout_ms: number;
  readonly groups: readonly { readonly voters: readonly Member[]; readonly learners: readonly Member[] }[];
  readonly peers: Readonly<Record<string, Peer>>;
  readonly dials: Readonly<Record<string, number>>;
  readonly verdicts_sorted: readonly Verdict[];
}

const CALLER_DEADLINE_MS = 60_000;

/** Runs every case of a `fanout.json`. */
export function runFanout(json: unknown): CaseResult[] {
  return (json as { readonly cases: readonly Case[] }).cases.map((c) => ({ name: c.name, problem: runCase(c) }));
}

function runCase(c: Case): string | null {
  const time = new VirtualTime();
  const dials = new Map<string, number>();
  const dial = (address: string): CapabilityClient | null => {
    dials.set(address, (dials.get(address) ?? 0) + 1);
    return stubPeer(c.peers[address], address);
  };
  let result: FanoutResult = { ok: false, verdicts: [] };
  let error = '';
  try {
    const config = {
      groups: () => c.groups.map(group),
      dial: c.nil_dial ? null : dial,
      timeoutMs: c.timeout_ms,
      clock: time,
    };
    result = time.run(fanOut(config, new VirtualContext(time, CALLER_DEADLINE_MS)));
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
  }
  const got = {
    ok: result.ok,
    error,
    dials: [...dials].sort(([a], [b]) => (a < b ? -1 : 1)),
    verdicts: sorted(result.verdicts.map(verdict)),
  };
  const want = {
    ok: c.ok,
    error: c.error ?? '',
    dials: Object.entries(c.dials).sort(([a], [b]) => (a < b ? -1 : 1)),
    verdicts: sorted(c.verdicts_sorted.map((v) => ({ ...v, error: v.error ?? '' }))),
  };
  const [left, right] = [JSON.stringify(want), JSON.stringify(got)];
  return left === right ? null : `want ${left}\n got ${right}`;
}

function group(g: Case['groups'][number]): FanoutGroup {
  const member = (m: Member) => ({ address: m.address, fullNodeId: m.full_node_id as FullNodeId });
  return { voters: g.voters.map(member), learners: g.learners.map(member) };
}

function stubPeer(peer: Peer | undefined, address: string): CapabilityClient | null {
  if (peer === undefined) throw new TypeError(`no peer at ${address}`);
  switch (peer.kind) {
    case 'ok':
      return { getCapability: () => done(reportOf(peer)) };
    case 'dial-error':
      throw new EngineError('other', 'dial refused');
    case 'rpc-error':
      return { getCapability: () => rpcError() };
    case 'nil-client':
      return null;
    case 'hang':
      return { getCapability: () => forever() };
    default:
      throw new TypeError(`unknown peer ${peer.kind}`);
  }
}

function reportOf(peer: Peer) {
  return {
    encryption_capable: peer.capable,
    build_sha: peer.build_sha,
    sidecar_present: peer.sidecar_present,
    full_node_id: peer.reports_full_node_id,
    local_epoch: 0,
  };
}

function* rpcError(): Task<never> {
  throw new EngineError('other', 'unavailable');
}

function* forever(): Task<never> {
  for (;;) yield () => undefined;
}

function verdict(v: CapabilityVerdict): Required<Verdict> {
  return {
    full_node_id: v.fullNodeId,
    reachable: v.reachable,
    encryption_capable: v.encryptionCapable,
    sidecar_present: v.sidecarPresent,
    build_sha: v.buildSha,
    error: v.error,
  };
}

/** Both sides in one order of fields and of verdicts. */
function sorted(verdicts: readonly Required<Verdict>[]): string[] {
  const fields = ['full_node_id', 'reachable', 'encryption_capable', 'sidecar_present', 'build_sha', 'error'] as const;
  return verdicts.map((v) => JSON.stringify(fields.map((f) => v[f]))).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
