// Runs a corpus and prints its closing counts. The runners know their formats; here is only what all have in common: a
// line per difference, the counts at the end, exit 1 if anything failed.
import { countsLine, type Counts } from '../../conform/diff.ts';
import { plainCase } from '../../report/case.ts';
import type { Cli } from '../cli.ts';
import type { ReportFlags } from '../commands/common.ts';
import { Exit } from '../exit.ts';
import { Reporting } from '../reporting.ts';

type Runner = (paths: readonly string[], out: (line: string) => void) => Counts;

function conform(cli: Cli, flags: ReportFlags, corpus: string, paths: readonly string[], runner: Runner): void {
  const reporting = new Reporting(cli, flags);
  const lines: string[] = [];
  const counts = runner(paths, (line) => {
    lines.push(line);
    reporting.record({ kind: 'line', corpus, text: line });
    if (!flags.quiet) reporting.text([line]);
  });
  const failed = counts.failed > 0;
  // What fails cannot be told from what is merely said, line by line: of a corpus that fails all is shown.
  if (failed && flags.quiet) reporting.text(lines);
  reporting.record({ kind: 'conform', corpus, ...counts });
  reporting.text([countsLine(counts)]);
  const told = { name: `conform ${corpus}`, file: paths[0] ?? corpus, detail: lines.join('\n') };
  reporting.case(plainCase(corpus, { ...told, outcome: failed ? 'failed' : 'passed', why: countsLine(counts) }));
  reporting.close(true);
  if (failed) cli.exit(Exit.NotAsExpected);
}

/** `raftgate conform etcd PATH…` */
export async function etcd(this: Cli, flags: ReportFlags, ...paths: string[]): Promise<void> {
  const { conformEtcd } = await import('../../conform/etcd/index.ts');
  conform(this, flags, 'etcd', paths, conformEtcd);
}

/** `raftgate conform elastickv PATH…` */
export async function elastickv(this: Cli, flags: ReportFlags, ...paths: string[]): Promise<void> {
  const { conformElastickv } = await import('../../conform/elastickv/index.ts');
  conform(this, flags, 'elastickv', paths, conformElastickv);
}

/** `raftgate conform cluster PATH…` */
export async function cluster(this: Cli, flags: ReportFlags, ...paths: string[]): Promise<void> {
  const { conformCluster } = await import('../../conform/cluster/index.ts');
  conform(this, flags, 'cluster', paths, conformCluster);
}
