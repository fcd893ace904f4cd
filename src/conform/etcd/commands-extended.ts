// The commands that etcd's harness lacks and our extended sets need: reads, batches, snapshot reports, messages that are
// lost, delayed or doubled one at a time, and restarts. They follow the same rules as the base commands.
import type { Message } from '../../raft/index.ts';
import { describeMessage } from '../../raft/index.ts';
import { at, bytesOf, firstNodeIndex, keyAt, option, signedIdOf } from './args.ts';
import type { Command } from './commands.ts';
import { proposalError } from './commands.ts';
import { staysLocal } from './environment.ts';
import type { Environment } from './environment.ts';

const readIndex: Command = (env, d) => {
  at(env.nodes, firstNodeIndex(d)).raw.readIndex(bytesOf(keyAt(d, 1)));
  return null;
};

const proposeBatch: Command = (env, d) => {
  const data = d.args.slice(1).map((a) => bytesOf(a.key));
  return proposalError(at(env.nodes, firstNodeIndex(d)).raw.proposeBatch(data));
};

const reportSnapshot: Command = (env, d) => {
  const peer = signedIdOf(env.ids, d, keyAt(d, 1));
  at(env.nodes, firstNodeIndex(d)).raw.reportSnapshot(peer, option(d, 'status') !== 'failure');
  return null;
};

const deliverOne: Command = (env, d) => {
  const to = firstNodeIndex(d) + 1;
  const drop = d.args.some((a) => a.key === 'drop');
  const position = env.messages.findIndex((m) => m.to === to && !(drop && staysLocal(m)));
  const [m] = position < 0 ? [] : env.messages.splice(position, 1);
  if (m === undefined) env.output.write('no messages\n');
  else env.deliverOne(m, drop);
  return null;
};

/** Finds the oldest message to a node that crosses the network, prints it and does something to it. */
function onOldest(act: (env: Environment, m: Message, position: number) => void): Command {
  return (env, d) => {
    const to = firstNodeIndex(d) + 1;
    const position = env.messages.findIndex((m) => m.to === to && !staysLocal(m));
    const m = env.messages[position];
    if (m === undefined) return null;
    act(env, m, position);
    env.output.write(`${describeMessage(m, env.ids)}\n`);
    return null;
  };
}

/** The commands of FORMAT section 10 by name. */
export const EXTENDED_COMMANDS: Readonly<Record<string, Command>> = {
  'read-index': readIndex,
  'propose-batch': proposeBatch,
  'report-snapshot': reportSnapshot,
  'deliver-one': deliverOne,
  // Messages are immutable, so the same one twice is as good as a copy.
  'dup-msgs': onOldest((env, m) => void env.messages.push(m)),
  'delay-msgs': onOldest((env, m, position) => {
    env.messages.splice(position, 1);
    env.messages.push(m);
  }),
  restart: (env, d) => env.restart(firstNodeIndex(d)),
};
