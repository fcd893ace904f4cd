// How an operator's command finds the writers of a bootstrap: it asks members for their capability and builds the batch
// from what they report. Whoever reports is taken at its word, so what the reports are keyed by decides everything: when
// every replica of a group reported the group's id, no batch could pass; when each listener of a node is asked, the node
// is there several times. Deduplication is a choice of the command, not of the server, which refuses duplicates.
import { fullNodeId } from '../base/ids.ts';
import type { CapabilityReport, WriterRegistryEntry } from './messages.ts';
import { NO_NODE } from './node-id.ts';

const MAX_LOCAL_EPOCH = 0xffff;

/** One member's answer, and where it was asked. */
export interface DiscoveredReport {
  readonly address: string;
  readonly report: CapabilityReport;
}

/**
 * The writer batch of a bootstrap, in the order of the reports; or why the command refuses to build one.
 * @param dedupe one row for each identity, the first report counting; false keeps a row for every report
 * @source admin.md §9
 */
export function discoverWriters(
  reports: readonly DiscoveredReport[],
  dedupe: boolean,
): readonly WriterRegistryEntry[] | { readonly refused: string } {
  const seen = new Set<string>();
  const batch: WriterRegistryEntry[] = [];
  for (const { address, report } of reports) {
    const refused = unusable(report);
    if (refused !== null) return { refused: `${address}: ${refused}` };
    if (dedupe && seen.has(report.full_node_id)) continue;
    seen.add(report.full_node_id);
    batch.push({ full_node_id: report.full_node_id, local_epoch: report.local_epoch });
  }
  return batch;
}

function unusable(report: CapabilityReport): string | null {
  if (!report.encryption_capable) return 'member is not encryption-capable';
  if (fullNodeId(report.full_node_id) === null || report.full_node_id === NO_NODE)
    return 'member reports full_node_id 0';
  return report.local_epoch > MAX_LOCAL_EPOCH ? `member reports local_epoch ${report.local_epoch} above 0xFFFF` : null;
}

/** A `--writer id:epoch` list as the command reads it; the epoch defaults to 0. */
export function parseWriters(texts: readonly string[]): readonly WriterRegistryEntry[] | { readonly refused: string } {
  const batch: WriterRegistryEntry[] = [];
  for (const text of texts) {
    const match = /^(\d+)(?::(\d{1,10}))?$/.exec(text);
    const id = match?.[1] ?? '';
    if (match === null || fullNodeId(id) === null)
      return { refused: `bad writer ${JSON.stringify(text)}: want id:epoch` };
    batch.push({ full_node_id: id, local_epoch: Number(match[2] ?? 0) });
  }
  return batch;
}
