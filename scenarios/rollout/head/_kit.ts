// The current release under general plans: nothing here knows of a particular hole. Each plan is judged by every property the
// feature brings, and by the two that hold of any state machine. A property a plan is known to break stands in a scenario of
// its own, so that the others are still held to under the same plan; what is known is told in scenarios/README.md.
import {
  builtin,
  cluster,
  noFaults,
  scenario,
  type Cluster,
  type Explore,
  type Faults,
  type Plan,
  type Property,
  type Scenario,
} from '../../../src/index.ts';
import { JUDGED, KNOWN, type Judged } from './_known.ts';
import { ALL_FLAGS, property, stage } from '../../../src/subjects/encryption.ts';

export const HEAD = stage('HEAD', ALL_FLAGS, 'HEAD');

const founded = { joinersStartFrom: 'firstConfiguration' } as const;

/** Three voters; logs are cut where a plan says so. */
export const three = cluster({
  nodes: ['n1', 'n2', 'n3'],
  groups: { g1: { voters: ['n1', 'n2', 'n3'] } },
  raft: { ...founded, snapshots: 'asked' },
});
/** Three voters that cut their logs whenever they like. */
export const cutting = cluster({
  nodes: ['n1', 'n2', 'n3'],
  groups: { g1: { voters: ['n1', 'n2', 'n3'] } },
  raft: founded,
});
/** Three voters of one group and a fourth node. */
export const spare = cluster({
  nodes: ['n1', 'n2', 'n3', 'n4'],
  groups: { g1: { voters: ['n1', 'n2', 'n3'] } },
  raft: { ...founded, snapshots: 'asked' },
});

/** One general plan. */
export interface General {
  readonly name: string;
  readonly about: string;
  readonly plan: Plan;
  readonly cluster?: Cluster;
  readonly faults?: Faults;
  /** What it breaks by its nature, so that it is not judged. */
  readonly without?: readonly Judged[];
  readonly seen?: readonly Property[];
  readonly explore?: Explore;
}

/** One scenario for everything that holds, and one for each property that the plan is known to break. */
export function general(g: General): Scenario[] {
  const known = KNOWN[g.name] ?? [];
  const broken = [...known.map(({ breaks }) => breaks), ...(g.without ?? [])];
  const base = { about: g.about, cluster: g.cluster ?? three, faults: g.faults ?? noFaults, plan: g.plan };
  const held = JUDGED.filter((name) => !broken.includes(name)).map(judge);
  const name = `rollout/head/${g.name}`;
  return [
    scenario(name, { ...base, properties: [...held, ...(g.seen ?? [])], explore: g.explore ?? { seeds: [1, 8] } }),
    ...known.map(({ breaks, from }) =>
      scenario(`${name}/breaks ${breaks}`, {
        ...base,
        explore: { seeds: [from, from + 3] },
        properties: [judge(breaks)],
        expect: { violates: breaks },
      }),
    ),
  ];
}

function judge(name: Judged): Property {
  return name === 'no-apply-halt' || name === 'state-machine-safety' ? builtin(name) : property(name);
}
