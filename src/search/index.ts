// The public surface of the search: exhaustive exploration, witnesses and explanations, questions about gates. Nothing in
// here looks at a clock; whoever has a budget passes `stop`.
export { passed, search, type Broken, type Searched, type SearchOptions } from './exhaustive.ts';
export { ModelLimit } from './model/limit.ts';
export { resolveBound, type AskedBound, type ResolvedBound } from './model/bound.ts';
export { witnessOf, type EssentialStep, type StepKind, type Witness } from './witness.ts';
export { explain, explainBroken, meets, type Explanation, type ExplainOptions } from './explain.ts';
export type { Culprit } from './blame.ts';
export type { Suspect } from './suspects.ts';
export type { GateChange, Repair } from './repair.ts';
export { fateOf, pointOfNoReturn } from './inevitable.ts';
export {
  weakestGate,
  type GateSpace,
  type Situation,
  type WeakerGate,
  type WeakestOptions,
  type WeakestResult,
} from './weakest-gate.ts';
export { gateDiff, type ChangedSituation, type GateDiff } from './gate-diff.ts';
export { mutateGates, type Mutant, type MutateOptions, type MutationResult, type Shown } from './mutate.ts';
export type { Operator } from './gate-changes.ts';
export { operatorPaths, type OperatorPath, type PathOptions } from './paths.ts';
export { pctSource, posSource, sourceOf, type DrawingStrategy } from './strategies/sources.ts';
export { causeOf, causeFingerprint } from './cause.ts';
export { retrace, type Retraced, type RunStep } from './retrace.ts';
export { shrinkTape, type ShrinkOptions, type ShrinkPass, type ShrinkResult } from './shrink.ts';
export { shortest, type Shortest, type ShortestOptions } from './shortest.ts';
export { confirm, type ConfirmOptions } from './confirm.ts';
export { realign, type Realigned, type Wanted } from './realign.ts';
export { mergeFindings, readFindings, writeFindings, type KeptFinding, type SeenFinding } from './findings.ts';
export { isSeen, mergeSeen, NOTHING_SEEN, unseenIn, type Unseen, type UnseenAtom } from './vacuity.ts';
export { withGate } from './variants.ts';
