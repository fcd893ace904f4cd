// What must never, always, sometimes or eventually be true of a cluster. A property is a sentence about the cluster
// view; how it is checked after every event is the simulator's business.
import type { ClusterView, Duration } from '../gate/atom.ts';
import { durationMs } from './duration.ts';
import { wantFunction, wantName, wantOptions, wantWord } from './wants.ts';

type Pred<S> = (cluster: ClusterView<S>) => boolean;
/** From when an eventual property counts its time. */
export type Once = 'healed' | 'planDone';

export type Property =
  | { readonly p: 'always' | 'never' | 'sometimes'; readonly name: string; readonly holds: Pred<never> }
  | {
      readonly p: 'eventually';
      readonly name: string;
      readonly holds: Pred<never>;
      readonly within: Duration;
      readonly once: Once;
    }
  | {
      readonly p: 'leadsTo';
      readonly name: string;
      readonly when: Pred<never>;
      readonly holds: Pred<never>;
      readonly within: Duration;
      readonly once: Once;
    }
  | {
      readonly p: 'linearizable';
      readonly name: string;
      readonly model: 'register' | 'kv';
      readonly partitionBy: string | null;
    }
  /** One of the simulator's own checkers, by name (`no-apply-halt`, `election-safety` …). */
  | { readonly p: 'builtin'; readonly name: string };

/** @throws InputError SCN009 where a property is not made of a name and a predicate */
function wantPredicate(kind: string, name: string, holds: unknown): void {
  wantName(`${kind}.name`, name);
  wantFunction(`${kind} "${name}"`, holds);
}

function wantDeadline(kind: string, name: string, options: { within: Duration; once?: Once }): void {
  const path = `${kind} "${name}"`;
  const { within, once } = wantOptions(path, options, ['within', 'once']);
  durationMs(within, `${path}.within`);
  if (once !== undefined) wantWord(`${path}.once`, 'moment', once, ['healed', 'planDone']);
}

/* eslint-disable @typescript-eslint/no-explicit-any -- a predicate that does not care for the state's type */
/** Has to be true after every event. */
export function always<S = any>(name: string, holds: Pred<S>): Property {
  wantPredicate('always', name, holds);
  return { p: 'always', name, holds: holds as Pred<never> };
}

/** Must not be true after any event. */
export function never<S = any>(name: string, holds: Pred<S>): Property {
  wantPredicate('never', name, holds);
  return { p: 'never', name, holds: holds as Pred<never> };
}

/** Guards against vacuity: has to be met in at least one run of a search. */
export function sometimes<S = any>(name: string, holds: Pred<S>): Property {
  wantPredicate('sometimes', name, holds);
  return { p: 'sometimes', name, holds: holds as Pred<never> };
}

/** Has to become true within a time, counted from when faults (or the plan) are over. */
export function eventually<S = any>(name: string, holds: Pred<S>, o: { within: Duration; once?: Once }): Property {
  wantPredicate('eventually', name, holds);
  wantDeadline('eventually', name, o);
  return { p: 'eventually', name, holds: holds as Pred<never>, within: o.within, once: o.once ?? 'healed' };
}

/** Whenever `when` was true, `holds` has to become true within a time. */
export function leadsTo<S = any>(
  name: string,
  when: Pred<S>,
  holds: Pred<S>,
  o: { within: Duration; once?: Once },
): Property {
  wantPredicate('leadsTo', name, when);
  wantPredicate('leadsTo', name, holds);
  wantDeadline('leadsTo', name, o);
  return {
    p: 'leadsTo',
    name,
    when: when as Pred<never>,
    holds: holds as Pred<never>,
    within: o.within,
    once: o.once ?? 'healed',
  };
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Client histories have to be linearizable, key by key; KV clients run beside the plan. */
export function linearizable(name: string, o: { model: 'register' | 'kv'; partitionBy?: string }): Property {
  wantName('linearizable.name', name);
  const { model } = wantOptions(`linearizable "${name}"`, o, ['model', 'partitionBy']);
  wantWord(`linearizable "${name}".model`, 'model', model, ['register', 'kv']);
  return { p: 'linearizable', name, model: o.model, partitionBy: o.partitionBy ?? null };
}

/** One of the simulator's own checkers, by its name. */
export function builtin(name: string): Property {
  return { p: 'builtin', name };
}
