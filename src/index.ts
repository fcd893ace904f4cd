// The front door: everything a scenario file writes with. What is not exported here is not a designer's business, and
// may change without breaking a scenario.
export { every, ghost, log, self } from './gate/atom.ts';
export type {
  AskOptions,
  Atom,
  CallView,
  ClusterView,
  Duration,
  GroupView,
  Members,
  NodeView,
  ReplicaView,
  SelfView,
  Who,
} from './gate/atom.ts';
export { closed, open } from './gate/formula.ts';
export type { GateDecision, GatePoint } from './gate/gate-point.ts';
export type { Build, BuildOptions, Gate, HaltScope } from './scenario/build.ts';
export { cluster } from './scenario/cluster.ts';
export type { Cluster, ClusterOptions } from './scenario/cluster.ts';
export type { RaftOptions } from './scenario/raft-options.ts';
export { noFaults, swarm } from './scenario/faults.ts';
export type { FaultMenu, Faults } from './scenario/faults.ts';
export { gatesOf } from './scenario/gates-of.ts';
export {
  addLearner,
  anyOrder,
  compact,
  crash,
  crashWriting,
  exercise,
  keepDisk,
  keepFile,
  leaderOf,
  listener,
  loseFile,
  maybe,
  par,
  promote,
  removeMember,
  replaceNode,
  restart,
  restoreDisk,
  restoreFile,
  rolling,
  seq,
  settle,
  start,
  stop,
  times,
  transferLeadership,
  wait,
  write,
} from './scenario/plan.ts';
export type { CallOptions, Exercise, ExerciseOptions, Plan, RollingOptions, Target } from './scenario/plan.ts';
export { always, builtin, eventually, leadsTo, linearizable, never, sometimes } from './scenario/properties.ts';
export type { Once, Property } from './scenario/properties.ts';
export { scenario } from './scenario/scenario.ts';
export type {
  AnyScenario as Scenario,
  Blame,
  Bound,
  ExpectedViolation as Violation,
  Explore,
  Limits,
  ScenarioDefinition,
  StrategyName,
  WeakestDefinition,
} from './scenario/scenario.ts';
export { defineSubject } from './scenario/subject.ts';
export type { AtomsOf, Entry, Halt, RpcDefinition, Subject, SubjectOptions } from './scenario/subject.ts';
