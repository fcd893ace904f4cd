// RPCs that operators make: each is recorded from its start to its answer, and an answer that never came is "unknown",
// which is neither: the entry may still commit.
import { Code, codeName, type Code as StatusCode } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import type { CallView } from '../../gate/atom.ts';
import type { ClientPort, RpcReply } from '../../scenario/program.ts';
import type { Step } from './plan-cursor.ts';
import { resolve } from './plan-steps.ts';
import type { World } from './world.ts';

/** All calls of a run, in the order in which they began. A call that is under way is not listed yet. */
export class CallLog {
  readonly ended: CallView[] = [];
  underWay = 0;
  #last = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  begin(rpc: string, detail: string): number {
    this.underWay++;
    const call = ++this.#last;
    this.#world.note.call(call, rpc, detail);
    this.#world.probe.onCall(call, rpc);
    return call;
  }

  end(call: number, rpc: string, code: number, message: string): void {
    this.underWay--;
    const name = codeName(code as StatusCode);
    const outcome = code === Code.Ok ? 'ok' : isUnknown(code, message) ? 'unknown' : 'refused';
    this.ended.push(outcome === 'ok' ? { rpc, outcome } : { rpc, outcome, code: name });
    this.#world.note.returned(call, rpc, name, message);
    this.#world.probe.onReturn(call, rpc, code, message);
    this.#world.touched();
  }
}

/** Whether nobody answered the caller: it gave up, or the connection broke. */
function isUnknown(code: number, message: string): boolean {
  if (code === Code.DeadlineExceeded || code === Code.Canceled) return true;
  return code === Code.Unavailable && message.startsWith('connection closed');
}

/** Runs a `call` step. */
export function* runCall(world: World, step: Step & { plan: 'call' }, path: string): Task<void> {
  const { node, group } = yield* resolve(world, step.to);
  const name = node === 0 ? '' : world.nodeName(node);
  const groupName = world.groupName(group);
  const call = world.calls.begin(step.rpc, `${name === '' ? 'leader' : name} ${groupName}`);
  if (node === 0) {
    world.calls.end(call, step.rpc, Code.Unavailable, `connection refused: group ${groupName} has no leader`);
    return;
  }
  const build = world.home(node).build;
  const factory = world.factory(build ?? world.scenario.builds[0]!);
  const reply: RpcReply = yield* factory.client(clientPort(world, path), step.rpc, step.args, name, groupName);
  world.calls.end(call, step.rpc, reply.code, reply.message);
}

/** An operator's seat: outside the cluster, able to reach every listener. */
export function clientPort(world: World, path: string): ClientPort {
  return {
    rpc: (node, group, method, body, timeoutMs) =>
      world.rpc.call(null, world.nodeNumber(node), group, method, body, timeoutMs),
    nodes: world.scenario.cluster.nodes,
    groups: world.scenario.cluster.groups,
    nowMs: () => world.nowMs(),
    sleep: (ms) => world.sleep(ms),
    choose: (purpose, n) => world.choose(`client/${path}/${purpose}`, 0, n),
  };
}
