// The four workloads as data. Both programs read the same numbers from the same table of the shared description; a
// workload that differed in one of them would compare two different amounts of work.

/** One workload. */
export interface Workload {
  readonly name: string;
  readonly groups: number;
  readonly nodes: number;
  /** Proposals in flight per group; 0: no client. */
  readonly window: number;
  /** Bytes of a proposal. */
  readonly payloadBytes: number;
  /** Stop once this many are completed, checked after each tick; 0: run all ticks. */
  readonly proposals: number;
  readonly ticks: number;
  readonly delayMin: number;
  readonly delayMax: number;
  /** Messages dropped of 10,000. */
  readonly dropPer10k: number;
}

/** Ticks and limits every workload shares. @source bench workloads section 1 */
export const COMMON = {
  electionTicks: 10,
  heartbeatTicks: 1,
  maxInflight: 256,
  maxSizePerMessage: 1 << 20,
  /** Applied entries between two compactions of a replica. */
  compactEvery: 1000,
  /** Entries kept behind the applied index. */
  compactKeep: 500,
  /** Ticks without progress before a client gives its window up. */
  clientTimeoutTicks: 50,
  /** Slots of the application map. */
  slots: 1024,
} as const;

const IDLE = { window: 0, payloadBytes: 0, proposals: 0, delayMin: 1, delayMax: 1, dropPer10k: 0 } as const;

/** W1 to W4. */
export const WORKLOADS: readonly Workload[] = [
  { ...IDLE, name: 'W1', groups: 1, nodes: 3, window: 128, payloadBytes: 64, proposals: 200_000, ticks: 1_000_000 },
  {
    ...IDLE,
    name: 'W2',
    groups: 100,
    nodes: 3,
    window: 16,
    payloadBytes: 64,
    ticks: 3_000,
    delayMax: 10,
    dropPer10k: 100,
  },
  { ...IDLE, name: 'W3', groups: 1_000, nodes: 5, ticks: 2_000 },
  { ...IDLE, name: 'W4', groups: 10_000, nodes: 3, ticks: 500 },
];

/** The workload of a name, null if there is none. */
export function workloadNamed(name: string): Workload | null {
  return WORKLOADS.find((w) => w.name === name) ?? null;
}
