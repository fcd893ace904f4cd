// Drives the recorded proposal headers: what an engine puts in front of a payload, and what it takes for a proposal.
import {
  isProposal,
  proposalId,
  proposalIdWide,
  proposalPayload,
  wrapProposal,
  wrapProposalWide,
} from '../../fsm/proposal-envelope.ts';
import type { CaseResult } from './case-result.ts';
import { compareHex, compareJson, hex } from './compare.ts';
import { firstOf, runSections } from './sections.ts';

interface Encode {
  readonly data: string;
  readonly payload: string;
  readonly proposal_id: string;
}
interface Decode {
  readonly data: string;
  readonly ok: boolean;
  readonly payload?: string;
  readonly proposal_id?: string;
}

/** Runs every case of a `proposal-envelope.json`. */
export function runProposalEnvelope(json: Readonly<Record<string, unknown>>): CaseResult[] {
  return runSections(json, { decode: runDecode, encode: runEncode });
}

function runEncode(c: Encode): string | null {
  const payload = hex(c.payload);
  const id = Number(c.proposal_id);
  return firstOf(
    compareHex('data', c.data, wrapProposalWide(c.proposal_id, payload)),
    Number.isSafeInteger(id) ? compareHex('data', c.data, wrapProposal(id, payload)) : null,
    runDecode({ data: c.data, ok: true, payload: c.payload, proposal_id: c.proposal_id }),
  );
}

function runDecode(c: Decode): string | null {
  const data = hex(c.data);
  const ok = isProposal(data);
  if (ok !== c.ok || !ok) return compareJson('is a proposal', c.ok, ok);
  const id = Number(c.proposal_id);
  return firstOf(
    compareJson('proposal id', c.proposal_id, proposalIdWide(data)),
    compareJson('proposal id as a number', Number.isSafeInteger(id) ? id : -1, proposalId(data)),
    compareHex('payload', c.payload ?? '', proposalPayload(data)),
  );
}
