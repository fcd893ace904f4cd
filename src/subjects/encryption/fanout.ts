// How a process asks the members of its groups whether they are capable: whom, at which address, and whom it believes. The
// asking itself is the admin layer's. Members come from the configuration applied here; a learner counts like a voter.
import { Code, StatusError } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import { FANOUT_TIMEOUT_MS, capabilityFanout, fanoutGroup } from '../../admin/capability.ts';
import type { CapabilityClient, ConfiguredServer, FanoutGroup } from '../../admin/capability.ts';
import type { CapabilityReport } from '../../admin/messages.ts';
import { NO_NODE } from '../../admin/node-id.ts';
import type { CapabilityFanout, Clock } from '../../admin/ports.ts';
import { ENCRYPTION_ADMIN } from '../../admin/service.ts';
import type { GroupPort, ProcessPort } from '../../scenario/program.ts';
import type { Wrong } from './wrong.ts';

/** Longer than any run. */
export const ENDLESS_MS = 3_600_000;

/** The production fan-out: every member of every group hosted here, each on the listener of its group. */
export function fanoutOf(port: ProcessPort, clock: Clock, wrong: ReadonlySet<Wrong>): CapabilityFanout {
  const dial = (address: string): CapabilityClient | null => {
    const [node, group] = address.split('/');
    if (node === undefined || group === undefined) return null;
    return { getCapability: () => askCapability(port, node, group, wrong) };
  };
  const groups = (): FanoutGroup[] => port.groups.map((group) => fanoutGroup(serversOf(group, port.node, wrong)));
  return capabilityFanout({ groups, dial, timeoutMs: patienceMs(wrong), clock });
}

function patienceMs(wrong: ReadonlySet<Wrong>): number {
  return wrong.has('endless-probes') ? ENDLESS_MS : FANOUT_TIMEOUT_MS;
}

function serversOf(group: GroupPort, me: string, wrong: ReadonlySet<Wrong>): ConfiguredServer[] {
  const { voters, learners } = group.members();
  const at = (node: string): string => `${node}/${group.name}`;
  const asked = voters.map((id): ConfiguredServer => ({ id, address: at(id), suffrage: 'voter' }));
  if (wrong.has('asks-voters-only')) return asked;
  const addressOf = (id: string): string => {
    if (wrong.has('learner-without-address')) return '';
    return at(wrong.has('stale-address') ? me : id);
  };
  const others = learners.map((id): ConfiguredServer => ({ id, address: addressOf(id), suffrage: 'learner' }));
  return [
    ...asked,
    ...(wrong.has('drops-unknown-addresses') ? others.filter(({ address }) => address !== '') : others),
  ];
}

/** @throws StatusError what the member's RPC failed with */
function* askCapability(
  port: ProcessPort,
  node: string,
  group: string,
  wrong: ReadonlySet<Wrong>,
): Task<CapabilityReport> {
  const method = ENCRYPTION_ADMIN.methods.find(({ name }) => name === 'GetCapability')!;
  const reply = yield* port.rpc(node, group, method.name, method.encodeRequest({}), patienceMs(wrong));
  if (reply.code !== Code.Ok) throw new StatusError(reply.code as Code, reply.message);
  const report = method.decodeResponse(reply.body) as CapabilityReport;
  return wrong.has('believes-any-responder') ? { ...report, full_node_id: NO_NODE } : report;
}
