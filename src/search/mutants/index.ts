// All known bugs, in the order of their catalogue.
import { ELECTIONS } from './elections.ts';
import { MEMBERSHIP } from './membership.ts';
import type { Mutant } from './mutant.ts';
import { REPLICATION } from './replication.ts';
import { STORAGE } from './storage.ts';

export { mutated, type Mutant, type Patch } from './mutant.ts';

function place({ id }: Mutant): number {
  return id.charCodeAt(0) * 100 + Number(id.slice(1));
}

/** Every mutant there is. */
export const MUTANTS: readonly Mutant[] = [...ELECTIONS, ...REPLICATION, ...MEMBERSHIP, ...STORAGE].sort(
  (a, b) => place(a) - place(b),
);
