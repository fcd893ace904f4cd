// The one assertion of every layer above the Raft core. It stays on in every run: a simulator whose invariants are
// stripped in production reports verdicts nobody checked.
import { InvariantError } from './errors.ts';

/**
 * Asserts a condition that only a bug of ours can break.
 * @param code stable identifier, greppable
 * @param detail called only on failure, so that no text is built on the hot path
 * @throws InvariantError
 */
export function assert(condition: boolean, code: string, detail: () => string): asserts condition {
  if (!condition) throw new InvariantError(code, detail());
}
