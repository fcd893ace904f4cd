// Opens the judgement of one run: the checkers a scenario asks for behind one probe, and what they found. The first
// violation of each property is kept, in the order of events: later ones of the same property are mostly its echo.
import type { ClusterView } from '../../gate/atom.ts';
import { ownProperties, type Scenario } from '../../scenario/scenario.ts';
import type { WatchContext } from '../../scenario/watch.ts';
import type { Violation } from '../verdict.ts';
import { ProbeBoard } from './board.ts';
import { builtinCheckers, RAFT_INVARIANTS } from './catalogue.ts';
import { KvHistory } from './kv-history.ts';
import type { Obligation } from './liveness.ts';
import type { CheckContext, Checker, Probe } from './probe.ts';
import { UserProperties } from './user-properties.ts';

export { BUILTIN_PROPERTIES, RAFT_INVARIANTS } from './catalogue.ts';
export { judgeRegister, type Judgement, type Operation } from './linearizability.ts';
export type { CheckContext, Checker, Probe, ReplicaLens } from './probe.ts';

export interface JudgeOptions {
  readonly scenario: Scenario;
  /** Watch every invariant of the Raft layer, not only those the scenario names. */
  readonly allInvariants: boolean;
  readonly view: ClusterView;
  /** Changes when the view shows something that no event of the probe tells. */
  readonly viewVersion: () => number;
  /** Number of the trace event recorded last. */
  readonly seq: () => number;
  /** Told before every checker; null for nobody. */
  readonly first: Checker | null;
  readonly context: Omit<CheckContext, 'violated'>;
  /** What the feature's own properties may look at; there are none without it. */
  readonly feature?: Omit<WatchContext, 'violated'>;
}

/** One run's judgement. */
export interface Judge {
  readonly probe: Probe;
  /** The first violation of each property, in the order in which they happened. */
  readonly violations: Violation[];
  /** Whether a property needs a history of KV operations. */
  readonly wantsKvClients: boolean;
  /** Whether a property wants to know when a group serves again after healing. */
  readonly wantsService: boolean;
  /** Names of the `sometimes` properties met so far. */
  met(): string[];
  /** Until when the run has to go on for obligations that are still open, in virtual ms; -1 if there are none. */
  unmetUntilMs(nowMs: number): number;
  /** Why the judgement is incomplete; null if it is not. Known after `onEnd`. */
  gaveUp(): string | null;
}

/** @throws InputError SCN009 if the scenario names a built-in property that does not exist */
export function openJudge(options: JudgeOptions): Judge {
  const { scenario, first } = options;
  const violations: Violation[] = [];
  const context = withVerdicts(options, violations);
  const { feature } = options;
  const own = feature === undefined ? [] : ownProperties(scenario);
  const named = scenario.properties.flatMap((property) =>
    property.p === 'builtin' && !own.some(([name]) => name === property.name) ? [property.name] : [],
  );
  const watches = own.map(([, make]): Checker => make({ ...feature!, violated: context.violated }));
  const builtin = builtinCheckers(options.allInvariants ? [...RAFT_INVARIANTS, ...named] : named, context);
  const user = new UserProperties(scenario.properties, options.view, options.viewVersion, context);
  const histories = scenario.properties.flatMap((property) =>
    property.p === 'linearizable' ? [new KvHistory(context, property.name)] : [],
  );
  const obligations = [...builtin, ...watches, user].filter(isObligation);
  return {
    probe: new ProbeBoard([...(first === null ? [] : [first]), ...builtin, ...watches, user, ...histories]),
    violations,
    wantsKvClients: histories.length > 0,
    wantsService: builtin.some((checker) => checker.onServed !== undefined),
    met: () => user.met(),
    unmetUntilMs: () => obligations.reduce((untilMs, one) => Math.max(untilMs, one.unmetUntilMs()), -1),
    gaveUp: () => {
      const keys = histories.flatMap((history) => history.gaveUpOn);
      return keys.length === 0 ? null : `the history of ${keys.join(', ')} is too entangled to judge`;
    },
  };
}

function withVerdicts({ context, seq }: JudgeOptions, violations: Violation[]): CheckContext {
  const known = new Set<string>();
  return {
    ...context,
    violated(property, code, node, group, says) {
      if (known.has(property)) return;
      known.add(property);
      violations.push({
        property,
        says: says(),
        seq: seq(),
        atMs: context.nowMs(),
        code,
        node: context.nodes[node] ?? '',
        group: context.groups[group] ?? '',
      });
    },
  };
}

function isObligation(checker: Checker): checker is Checker & Obligation {
  return 'unmetUntilMs' in checker;
}
