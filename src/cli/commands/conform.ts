// `raftgate conform …`: what each corpus takes. The runners are in src/conform, the printing in ../do/conform.ts.
import { buildCommand, buildRouteMap } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { manyArguments, reportFlags, type ReportFlags } from './common.ts';

const etcd = buildCommand<ReportFlags, string[], Cli>({
  loader: async () => (await import('../do/conform.ts')).etcd,
  parameters: { flags: reportFlags, positional: manyArguments('A script, or a folder of them', 'PATH', 1) },
  docs: {
    brief: 'Run etcd raft scripts through our core; output equal to the byte',
    fullDescription: prose(
      'Runs interaction, confchange and quorum scripts, each directive above `----`, and',
      'compares what is printed with what stands below it, log lines included. Prints a',
      'unified diff for each directive that differs, and the counts.',
    ),
  },
});

const elastickv = buildCommand<ReportFlags, string[], Cli>({
  loader: async () => (await import('../do/conform.ts')).elastickv,
  parameters: { flags: reportFlags, positional: manyArguments('A file of vectors, or a folder of them', 'PATH', 1) },
  docs: {
    brief: 'Run wire, envelope, registry, sidecar, KEK, applier, guard and admin vectors',
    fullDescription: prose(
      'Runs vectors of the encryption feature, each recorded from the real store, through',
      'our code and compares results, bytes, codes and texts. Prints the counts per file.',
    ),
  },
});

const cluster = buildCommand<ReportFlags, string[], Cli>({
  loader: async () => (await import('../do/conform.ts')).cluster,
  parameters: { flags: reportFlags, positional: manyArguments('A recording, or a folder of them', 'PATH', 1) },
  docs: {
    brief: 'Replay recorded real-cluster cases in the simulator; compare outcomes',
    fullDescription: prose(
      'Builds each recorded cluster in the simulator, does what its operators did, and',
      'compares: gRPC code and class of message of each call; the capability reports and',
      'which of them share a full_node_id; which nodes halt (a set: where real runs differ,',
      'at least a quorum, the leader among them); whether KV still works on each node; what',
      'a restart does, and whether it halts at the same index. Not compared: times,',
      'absolute log indexes, and which node was elected.',
    ),
  },
});

export const conformRoutes = buildRouteMap<string, Cli>({
  routes: { etcd, elastickv, cluster },
  docs: { brief: 'Drive corpora recorded elsewhere through our code' },
});
