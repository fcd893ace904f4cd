// Why a process refuses to start: the sentinel an operator can look up, and the whole text. Refusals are values, not
// exceptions: a guard that throws could be swallowed by the start-up around it, and a node that "almost refused" is the
// one that reuses nonces. Failures of lower layers keep their class and gain the guard's words in front.
import { SENTINELS } from '../fsm/failure.ts';
import type { Failure } from '../fsm/failure.ts';

/** Texts of the sentinels only start-up knows. @source elastickv internal/encryption */
const GUARD_SENTINELS = {
  ErrSidecarPresentWithoutFlag:
    'encryption: sidecar present on disk but --encryption-enabled is not set; refusing to start to avoid silent ' +
    'downgrade to cleartext (set --encryption-enabled or remove the sidecar per the §9.1 runbook)',
  ErrKEKRequiredWithFlag:
    'encryption: --encryption-enabled is set but no KEK source (--kekFile) was provided; refusing to start ' +
    '(set --kekFile or unset --encryption-enabled)',
  ErrKEKMismatch:
    'encryption: configured KEK cannot unwrap one or more wrapped DEKs in the sidecar; refusing to start ' +
    '(verify --kekFile matches the KEK that bootstrapped this data dir)',
  ErrLocalEpochExhausted:
    'encryption: active DEK has reached local_epoch=0xFFFF saturation; refusing to start (rotate the affected DEK ' +
    'via `encryption rotate-dek` before the next startup or risk GCM nonce reuse — see §4.1)',
  ErrLocalEpochRollback:
    "encryption: sidecar local_epoch for the active storage DEK is at or below the local writer-registry's " +
    'last_seen_local_epoch, which would replay the GCM nonce prefix under the same DEK; refusing to start (verify ' +
    'the sidecar was not restored from an old backup; run `encryption resync-sidecar` if appropriate, or rotate the ' +
    'affected DEK — see §9.1 + §5.2 of the 6D design doc)',
  ErrSidecarBehindRaftLog:
    "encryption: sidecar raft_applied_index is behind the raftengine's persisted applied index and the gap covers " +
    'an encryption-relevant entry; refusing to start (run `encryption resync-sidecar` to advance the sidecar past ' +
    'the encryption-relevant entries before retrying — see §9.1 + §5.5)',
  ErrEnvelopeCutoverDivergence:
    'encryption: the raft envelope cutover of the restored snapshot and that of the sidecar differ; refusing to start',
  ErrSidecarActiveKeyMissing: SENTINELS.ErrSidecarActiveKeyMissing,
} as const;
type GuardSentinel = keyof typeof GUARD_SENTINELS;

/** Class and text of a refused start. */
export class GuardRefusal {
  /** A sentinel's name, `NotExist`, or empty for an error of no class. */
  readonly code: string;
  readonly text: string;
  constructor(code: string, text: string) {
    this.code = code;
    this.text = text;
  }

  /** The same refusal with a caller's words in front. */
  within(prefix: string): GuardRefusal {
    return new GuardRefusal(this.code, `${prefix}: ${this.text}`);
  }
}

/** A sentinel, with a detail in front of its text when there is one. */
export function refuse(code: GuardSentinel, detail = ''): GuardRefusal {
  const text = GUARD_SENTINELS[code];
  return new GuardRefusal(code, detail === '' ? text : `${detail}: ${text}`);
}

/** A refusal of no class. */
export function refusePlain(text: string): GuardRefusal {
  return new GuardRefusal('', text);
}

/** A lower layer's failure as a refusal. */
export function fromFailure(failure: Failure, prefix = ''): GuardRefusal {
  const refusal = new GuardRefusal(failure.code, failure.text);
  return prefix === '' ? refusal : refusal.within(prefix);
}
