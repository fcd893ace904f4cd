// What can happen, and how it is told. A move changes the record in `next`; the sink decides what becomes of it. Moves that
// cost nothing are folded: a plan's bookkeeping, a membership entry on its way, the first election of a group.

export const Move = {
  Plan: 0,
  Start: 1,
  Upgrade: 2,
  RollBack: 3,
  Restart: 4,
  Crash: 5,
  Stop: 6,
  Lose: 7,
  Member: 8,
  Admit: 9,
  Append: 10,
  Install: 11,
  Commit: 12,
  Apply: 13,
  Halt: 14,
  Elect: 15,
  Snapshot: 16,
  Refuse: 17,
} as const;
export type Move = (typeof Move)[keyof typeof Move];

/**
 * Is told of each move; `next` of the system holds the state after it, until this returns.
 * @param cost essential steps; 2 where an election comes first
 * @param detail log position, plan leaf or other node, by kind
 * @param idle true where the plan goes nowhere from here: only its outcome is news
 */
export type Sink = (cost: 0 | 1 | 2, move: Move, node: number, group: number, detail: number, idle: boolean) => void;

/** Moves that a leader makes without an operator. */
export function byLeader(move: Move): boolean {
  return move === Move.Append || move === Move.Install || move === Move.Commit;
}

/** Moves that only carry on what has been begun: under fair delivery each that stays possible happens. */
export function isDelivery(move: Move): boolean {
  return (
    move === Move.Append || move === Move.Install || move === Move.Commit || move === Move.Apply || move === Move.Halt
  );
}
