// The commands of an interaction script: each reads its arguments as etcd's harness does and makes one move of the
// environment. A command returns the reference's error text or null; what the reference's test would end for (an argument
// that is no number) is thrown as bad input with its place in the file.
import type { ConfChange, ConfChangeV2, Snapshot } from '../../raft/index.ts';
import {
  ConfChangeTransition,
  DEFAULT_CONFIG,
  describeMessage,
  describeProgressMap,
  EMPTY_CONF_STATE,
  EMPTY_SNAPSHOT,
  messageOf,
  MessageType,
  NO_DATA,
  NO_LIMIT,
  ReadOnlyOption,
  roleName,
  stepError,
  storageErrorText,
} from '../../raft/index.ts';
import {
  at,
  boolOf,
  bytesOf,
  firstNodeIndex,
  firstNumber,
  idOf,
  indexOf,
  integerOf,
  keyAt,
  nodeIndexes,
  option,
  own,
  pairs,
  sizeOf,
} from './args.ts';
import { parseChanges } from './changes.ts';
import type { Environment, NodeConfig, Recipient } from './environment.ts';
import { parseBool, parseUint } from './go-values.ts';
import type { Directive } from './script.ts';
import { badDirective } from './script.ts';

/** Runs one directive; returns an error text to print, or null. */
export type Command = (env: Environment, d: Directive) => string | null;

/** The reference's text for a proposal that was refused, null for one that was taken. */
export function proposalError(proposed: { readonly ok: boolean }): string | null {
  return proposed.ok ? null : stepError('dropped');
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Options of add-nodes that set one field of the configuration. */
const CONFIG_OPTIONS: Readonly<Record<string, (c: Mutable<NodeConfig>, d: Directive, value: string) => void>> = {
  inflight: (c, d, v) => void (c.maxInflightMsgs = integerOf(d, v)),
  'async-storage-writes': (c, d, v) => void (c.asyncStorageWrites = boolOf(d, v)),
  prevote: (c, d, v) => void (c.preVote = boolOf(d, v)),
  checkquorum: (c, d, v) => void (c.checkQuorum = boolOf(d, v)),
  'max-committed-size-per-ready': (c, d, v) => void (c.maxCommittedSizePerReady = sizeOf(d, v)),
  'disable-conf-change-validation': (c, d, v) => void (c.disableConfChangeValidation = boolOf(d, v)),
  'step-down-on-removal': (c, d, v) => void (c.stepDownOnRemoval = boolOf(d, v)),
  'election-tick': (c, d, v) => void (c.electionTick = sizeOf(d, v)),
  'heartbeat-tick': (c, d, v) => void (c.heartbeatTick = sizeOf(d, v)),
  'max-size-per-msg': (c, d, v) => void (c.maxSizePerMsg = sizeOf(d, v)),
  'max-inflight-bytes': (c, d, v) => void (c.maxInflightBytes = sizeOf(d, v)),
  'max-uncommitted-size': (c, d, v) => void (c.maxUncommittedEntriesSize = sizeOf(d, v)),
  'disable-proposal-forwarding': (c, d, v) => void (c.disableProposalForwarding = boolOf(d, v)),
};

/** @source FORMAT section 2, base configuration */
const BASE_CONFIG: NodeConfig = {
  ...DEFAULT_CONFIG,
  electionTick: 3,
  heartbeatTick: 1,
  maxSizePerMsg: NO_LIMIT,
  maxInflightMsgs: 2 ** 31 - 1,
};

const addNodes: Command = (env, d) => {
  const config: Mutable<NodeConfig> = { ...BASE_CONFIG };
  const voters: number[] = [];
  const learners: number[] = [];
  let index = 0;
  let bootstrapped = false;
  for (const { key, value } of pairs(d.args, 1)) {
    const member = key === 'voters' ? voters : key === 'learners' ? learners : null;
    if (member !== null) member.push(idOf(env.ids, d, value));
    else if (key === 'index') config.applied = index = indexOf(d, value);
    else if (key === 'read-only') {
      if (value !== 'safe' && value !== 'lease-based') return `invalid read-only option ${JSON.stringify(value)}`;
      config.readOnlyOption = value === 'safe' ? ReadOnlyOption.Safe : ReadOnlyOption.LeaseBased;
    } else own(CONFIG_OPTIONS, key)?.(config, d, value);
    bootstrapped ||= member !== null || key === 'index';
  }
  const first: Snapshot = bootstrapped
    ? { index, term: 0, confState: { ...EMPTY_CONF_STATE, voters, learners }, data: NO_DATA }
    : EMPTY_SNAPSHOT;
  return env.addNodes(firstNumber(d), config, first, bootstrapped);
};

const compact: Command = (env, d) => {
  const index = firstNodeIndex(d);
  const upTo = parseUint(keyAt(d, 1));
  if (!upTo.ok) return upTo.error;
  const error = at(env.nodes, index).storage.compact(indexOf(d, keyAt(d, 1)));
  return error === 0 ? env.raftLog(index) : storageErrorText(error);
};

const deliver: Command = (env, d) => {
  const recipients: Recipient[] = [];
  let type: MessageType | null = null;
  for (const arg of d.args) {
    if (arg.values.length === 0) recipients.push({ id: idOf(env.ids, d, arg.key), drop: false });
    for (const value of arg.values) {
      if (arg.key === 'drop') {
        const id = idOf(env.ids, d, value);
        if (recipients.some((r) => r.id === id)) throw badDirective(d, `can't both deliver and drop msgs to ${value}`);
        recipients.push({ id, drop: true });
      } else if (arg.key === 'type') {
        type = messageTypeNamed(value);
        if (type === null) throw badDirective(d, `unknown message type ${value}`);
      }
    }
  }
  if (env.deliver(type, recipients) === 0) env.output.write('no messages\n');
  return null;
};

function messageTypeNamed(name: string): MessageType | null {
  return own<MessageType>(MessageType, name) ?? null;
}

const TRANSITIONS: Readonly<Record<string, ConfChangeTransition>> = {
  auto: ConfChangeTransition.Auto,
  implicit: ConfChangeTransition.JointImplicit,
  explicit: ConfChangeTransition.JointExplicit,
};

const proposeConfChange: Command = (env, d) => {
  const index = firstNodeIndex(d);
  let v1 = false;
  let transition: ConfChangeTransition = ConfChangeTransition.Auto;
  for (const { key, value } of pairs(d.args, 1)) {
    if (key === 'v1') {
      const parsed = parseBool(value);
      if (!parsed.ok) return parsed.error;
      v1 = parsed.value;
    } else if (key === 'transition') {
      const named = own(TRANSITIONS, value);
      if (named === undefined) return `unknown transition ${value}`;
      transition = named;
    } else return `unknown command ${key}`;
  }
  const changes = parseChanges(env.ids, d.input);
  if (!changes.ok) return changes.error;
  let change: ConfChange | ConfChangeV2 = { version: 2, transition, changes: changes.value, context: NO_DATA };
  if (v1) {
    if (changes.value.length > 1 || transition !== ConfChangeTransition.Auto) {
      return 'v1 conf change can only have one operation and no transition';
    }
    const { type, nodeId } = at(changes.value, 0);
    change = { version: 1, type, nodeId, context: NO_DATA };
  }
  return proposalError(at(env.nodes, index).raw.proposeConfChange(change));
};

/** A step for one node, or for several under a header each. */
function forNodes(header: string, step: (env: Environment, index: number) => string | null): Command {
  return (env, d) => {
    const indexes = nodeIndexes(d);
    for (const index of indexes) {
      if (indexes.length > 1) env.output.write(`> ${index + 1} ${header}\n`);
      const error = indexes.length > 1 ? env.output.indented(() => step(env, index)) : step(env, index);
      if (error !== null) return error;
    }
    return null;
  };
}

const raftState: Command = (env) => {
  for (const { raw } of env.nodes) {
    const { config, hardState, softState, id } = raw.status();
    const voter = config.incoming.includes(id) || config.outgoing.includes(id);
    const name = `${env.ids.dec(id)}: ${roleName(softState.role)} ${voter ? '(Voter)' : '(Non-Voter)'}`;
    env.output.write(`${name} Term:${hardState.term} Lead:${env.ids.dec(softState.lead)}\n`);
  }
  return null;
};

const reportUnreachable: Command = (env, d) => {
  const indexes = nodeIndexes(d);
  const [on, peer] = indexes;
  if (indexes.length !== 2 || on === undefined || peer === undefined) {
    return 'must specify exactly two node indexes: node on which to report, and reported node';
  }
  const node = at(env.nodes, on);
  node.raw.reportUnreachable(at(env.nodes, peer).config.id);
  return null;
};

const sendSnapshot: Command = (env, d) => {
  const indexes = nodeIndexes(d);
  const [from, to] = indexes;
  if (indexes.length !== 2 || from === undefined || to === undefined) throw badDirective(d, 'needs two nodes');
  const sender = at(env.nodes, from);
  const m = messageOf({
    type: MessageType.MsgSnap,
    from: from + 1,
    to: to + 1,
    term: sender.raw.basicStatus().hardState.term,
    snapshot: sender.storage.snapshot(),
  });
  env.messages.push(m);
  env.output.write(describeMessage(m, env.ids));
  return null;
};

const setTimeoutTicks: Command = (env, d) => {
  const index = firstNodeIndex(d);
  const ticks = integerOf(d, option(d, 'timeout'));
  if (ticks === 0) throw badDirective(d, 'the timeout must not be 0');
  at(env.nodes, index).raw.setRandomizedElectionTimeout(ticks);
  return null;
};

const stabilize: Command = (env, d) => {
  const given = nodeIndexes(d);
  const before = env.output.level;
  try {
    for (const { key, value } of pairs(d.args)) {
      const error = key === 'log-level' ? env.setLevel(value) : null;
      if (error !== null) return error;
    }
    return env.stabilize(given.length > 0 ? given : env.nodes.map((_, i) => i));
  } finally {
    env.output.level = before;
  }
};

const transferLeadership: Command = (env, d) => {
  const from = idOf(env.ids, d, option(d, 'from'));
  const to = idOf(env.ids, d, option(d, 'to'));
  for (const [name, id] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (id === 0 || id > env.nodes.length) throw badDirective(d, `expected valid "${name}" argument`);
  }
  at(env.nodes, from - 1).raw.transferLeader(to);
  return null;
};

const propose: Command = (env, d) => {
  const data = d.args[1];
  if (d.args.length !== 2 || data === undefined || data.values.length > 0) {
    throw badDirective(d, 'expected exactly one key with no values');
  }
  return proposalError(at(env.nodes, firstNodeIndex(d)).raw.propose(bytesOf(data.key)));
};

/** A command that acts on the node its first argument names and cannot fail. */
function onNode(act: (env: Environment, index: number) => void): Command {
  return (env, d) => {
    act(env, firstNodeIndex(d));
    return null;
  };
}

/** The commands of FORMAT section 3 by name. */
export const BASE_COMMANDS: Readonly<Record<string, Command>> = {
  _breakpoint: () => null,
  'add-nodes': addNodes,
  campaign: onNode((env, i) => at(env.nodes, i).raw.campaign()),
  compact,
  'deliver-msgs': deliver,
  'process-ready': forNodes('handling Ready', (env, i) => env.processReady(i)),
  'process-append-thread': forNodes('processing append thread', (env, i) => env.processAppendThread(i)),
  'process-apply-thread': forNodes('processing apply thread', (env, i) => env.processApplyThread(i)),
  'log-level': (env, d) => env.setLevel(keyAt(d, 0)),
  'raft-log': (env, d) => env.raftLog(firstNodeIndex(d)),
  'raft-state': raftState,
  'set-randomized-election-timeout': setTimeoutTicks,
  stabilize,
  status: onNode((env, i) => env.output.write(describeProgressMap(at(env.nodes, i).raw.status().progress, env.ids))),
  'tick-election': onNode((env, i) => at(env.nodes, i).raw.tick(at(env.nodes, i).config.electionTick)),
  'tick-heartbeat': onNode((env, i) => at(env.nodes, i).raw.tick(at(env.nodes, i).config.heartbeatTick)),
  'transfer-leadership': transferLeadership,
  'forget-leader': onNode((env, i) => at(env.nodes, i).raw.forgetLeader()),
  'send-snapshot': sendSnapshot,
  propose,
  'propose-conf-change': proposeConfChange,
  'report-unreachable': reportUnreachable,
};
