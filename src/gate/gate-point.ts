// Where a gate sits in the life of a node. The same formula is safe at one point and useless at another: what was true
// at process start need not be true when an RPC is served.

export type GatePoint = 'wire' | 'startup' | 'connect' | 'join' | 'promote';

/** The fixed gate points; every other key of a build's gates is an RPC of its subject. */
export const GATE_POINTS: readonly GatePoint[] = ['wire', 'startup', 'connect', 'join', 'promote'];

/** What a node does at a gate point, as one phrase for tables and help. */
export const GATE_POINT_SAYS: Readonly<Record<GatePoint, string>> = {
  wire: 'at process start: are the RPCs that propose wired to a proposer and a leader view?',
  startup: 'at process start: may the process open at all?',
  connect: 'before a node accepts traffic from a peer',
  join: 'before a leader proposes to add a learner',
  promote: 'before a leader proposes to promote a learner',
};

/** What was asked for one atom of a decision. */
export interface AskedAtom {
  readonly atom: string;
  /** Whom it asks, at the moment of the decision. */
  readonly members: readonly string[];
  /** Those of them that did not answer, or not well. */
  readonly unmet: readonly string[];
  /** Age of the oldest answer it was judged on, in virtual ms. */
  readonly oldestMs: number;
}

/** What an atom was when a gate was decided. */
export interface AtomValue {
  readonly atom: string;
  readonly holds: boolean;
}

/** The outcome of one decision; blockers are the atoms (or their negations) that kept the gate closed. */
export interface GateDecision {
  readonly gate: string;
  readonly at: string;
  readonly open: boolean;
  readonly blockers: readonly string[];
  /** What others were asked for it; absent where nobody had to be asked. */
  readonly asked?: readonly AskedAtom[];
}
