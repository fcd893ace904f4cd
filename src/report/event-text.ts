// One event in words. The same words stand in `doctor`'s first divergence, in exported traces and on the page, so that
// a line found in one can be searched for in another.
import type { TraceEvent } from '../sim/kernel/trace.ts';

/** `n1/g1`, `n1`, or `cluster` where an event belongs to no node. */
export function placeText(e: TraceEvent): string {
  if (e.node === '') return e.group === '' ? 'cluster' : e.group;
  return e.group === '' ? e.node : `${e.node}/${e.group}`;
}

/** An opcode as the wire shows it: `0x04`. */
export function opcodeText(opcode: number): string {
  return `0x${opcode.toString(16).padStart(2, '0')}`;
}

function messageText(e: TraceEvent & { readonly kind: 'send' | 'deliver' | 'lose' }): string {
  const entries = e.entries > 0 ? `, ${e.entries} entries` : '';
  return `${e.kind} ${e.type} ${e.from} > ${e.to} term ${e.term}, index ${e.index}${entries}, commit ${e.commit}`;
}

function entryText(e: TraceEvent & { readonly kind: 'append' | 'apply' }): string {
  const error = e.kind === 'apply' && e.error !== null ? `: ${e.error}` : '';
  return `${e.kind} ${e.index} (term ${e.term}) ${e.name === '' ? opcodeText(e.opcode) : e.name}${error}`;
}

function confText(voters: readonly string[], learners: readonly string[]): string {
  return `voters ${voters.join(' ')}${learners.length === 0 ? '' : `, learners ${learners.join(' ')}`}`;
}

/** What happened, without when and where. */
export function eventText(e: TraceEvent): string {
  switch (e.kind) {
    case 'send':
    case 'deliver':
    case 'lose':
      return messageText(e);
    case 'role':
      return `${e.role} in term ${e.term}`;
    case 'append':
    case 'apply':
      return entryText(e);
    case 'commit':
      return `commit ${e.index} (term ${e.term})`;
    case 'haltApply':
      return `HALT at ${e.index}: ${e.code}: ${e.detail} (${opcodeText(e.opcode)})`;
    case 'snapshot':
      return `${e.did} snapshot at ${e.index}`;
    case 'conf':
      return `configuration at ${e.index}: ${confText(e.voters, e.learners)}`;
    case 'gate':
      return `gate ${e.decision.gate} at ${e.decision.at}: ${e.decision.open ? 'open' : `closed by ${e.decision.blockers.join(', ')}`}`;
    case 'call':
      return `call ${e.call}: ${e.rpc}${e.detail === '' ? '' : ` ${e.detail}`}`;
    case 'return':
      return `call ${e.call}: ${e.rpc} answered ${e.code}${e.message === '' ? '' : `: ${e.message}`}`;
    case 'fault':
    case 'heal':
      return `${e.kind} ${e.detail}`;
    case 'plan':
      return `plan ${e.path}: ${e.detail}`;
    case 'kv':
      return `client ${e.client} ${e.op} ${e.key}${e.value === null ? '' : `=${e.value}`} ${e.phase}`;
    default:
      return `${e.kind} ${e.build}${e.detail === '' ? '' : `: ${e.detail}`}`;
  }
}

/** A whole line: number, time, place and words. */
export function eventLine(e: TraceEvent): string {
  return `#${e.seq} ${(e.atMs / 1000).toFixed(3)}s ${placeText(e)} ${eventText(e)}`;
}
