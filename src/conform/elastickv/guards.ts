// Drives the recorded start-up guard primitives. Classes must match always; texts match to the letter except where the
// recording ends in a sentence of the host's JSON parser or operating system.
import type { FullNodeId } from '../../base/ids.ts';
import { checkNodeIdCollision } from '../../fsm/encryption/node-id16.ts';
import { MemoryFiles } from '../../fsm/encryption/memory-files.ts';
import type { KeyUnwrapper } from '../../fsm/encryption/ports.ts';
import { Failure } from '../../fsm/failure.ts';
import { checkLocalEpochRollback } from '../../admin/startup-epochs.ts';
import { checkStartupGuards, probeSidecarFilesystem } from '../../admin/startup-guards.ts';
import { guardSidecarBehindRaftLog, isSidecarRelevant } from '../../admin/startup-log.ts';
import { sidecarFile } from '../../admin/sidecar-file.ts';
import type { CaseResult } from './case-result.ts';

const PATH = '<path>';
const DEK_BYTES = 32;

interface Expected {
  readonly name?: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly error_prefix?: string;
  readonly error_classes?: readonly string[];
}
interface RollbackCase extends Expected {
  readonly full_node_id: string;
  readonly dek_id: number;
  readonly sidecar_local_epoch: number;
  readonly storage_envelope_active: boolean;
  readonly row?: string;
}
interface CollisionCase extends Expected {
  readonly full_node_ids: readonly string[];
}
interface StartupCase extends Expected {
  readonly encryption_enabled: boolean;
  readonly kek_configured: boolean;
  readonly kek_nil: boolean;
  readonly kek_fail_on: string;
  readonly sidecar_path_set: boolean;
  readonly sidecar_text: string;
}
interface GapCase extends Expected {
  readonly sidecar_applied: string;
  readonly engine_applied: string;
  readonly scanner_nil: boolean;
  readonly scanner_hit?: boolean;
  readonly scanner_error?: string;
  readonly scanner_calls?: number;
  readonly scan_start_exclusive?: string;
  readonly scan_end_inclusive?: string;
}
interface Corpus {
  readonly check_local_epoch_rollback_primitive: readonly RollbackCase[];
  readonly check_node_id_collision: readonly CollisionCase[];
  readonly check_startup_guards: readonly StartupCase[];
  readonly guard_sidecar_behind_raft_log: readonly GapCase[];
  readonly sidecar_relevant_opcodes: readonly { readonly opcode: number }[];
  readonly probe_missing_dir: Expected;
}
type Refused = { readonly code: string; readonly text: string } | null;

/** Runs every case of a `guards.json`; a section with a name unknown here fails. */
export function runGuards(json: unknown): CaseResult[] {
  const corpus = json as Corpus;
  const sections: Readonly<Record<string, () => CaseResult[]>> = {
    check_local_epoch_rollback_primitive: () =>
      each('rollback', corpus.check_local_epoch_rollback_primitive, (c) => judge(c, rollback(c))),
    check_node_id_collision: () =>
      each('collision', corpus.check_node_id_collision, (c) =>
        judge(c, checkNodeIdCollision(c.full_node_ids as readonly FullNodeId[])),
      ),
    check_startup_guards: () => each('startup', corpus.check_startup_guards, (c) => judge(c, startup(c))),
    guard_sidecar_behind_raft_log: () => each('gap', corpus.guard_sidecar_behind_raft_log, gap),
    sidecar_relevant_opcodes: () => [{ name: 'relevant opcodes', problem: relevant(corpus) }],
    probe_missing_dir: () => [{ name: 'probe missing dir', problem: judge(corpus.probe_missing_dir, missingDir()) }],
  };
  return Object.keys(corpus).flatMap((section) => {
    if (section === 'source' || section === 'note') return [];
    return sections[section]?.() ?? [{ name: section, problem: 'unknown section' }];
  });
}

function each<C extends Expected>(kind: string, cases: readonly C[], run: (c: C) => string | null): CaseResult[] {
  return cases.map((c, i) => ({ name: `${kind}[${i}] ${c.name ?? ''}`.trimEnd(), problem: run(c) }));
}

function judge(want: Expected, got: Refused): string | null {
  if (want.ok !== (got === null)) return `want ok=${want.ok}, got ${got?.text ?? 'ok'}`;
  if (got === null) return null;
  const classes = JSON.stringify(want.error_classes ?? []);
  const gotClasses = JSON.stringify(got.code === '' ? [] : [got.code]);
  if (classes !== gotClasses) return `want classes ${classes}, got ${gotClasses} (${got.text})`;
  if (want.error_prefix !== undefined) {
    return got.text.startsWith(want.error_prefix) ? null : `want prefix ${want.error_prefix}, got ${got.text}`;
  }
  return comparable(want.error ?? '') === comparable(got.text) ? null : `want ${want.error}\n got ${got.text}`;
}

/** The host's parser words its complaint as it likes. */
function comparable(text: string): string {
  return text.replace(/(parse sidecar "<path>": ).*$/s, '$1…');
}

function rollback(c: RollbackCase): Refused {
  const ioError = c.name?.startsWith('io-error') === true;
  const row = c.row === undefined ? null : Uint8Array.from(Buffer.from(c.row, 'hex'));
  return checkLocalEpochRollback({
    registry: { row: () => (ioError ? new Failure('', 'disk gone') : row) },
    fullNodeId: c.full_node_id as FullNodeId,
    dekId: c.dek_id,
    sidecarEpoch: c.sidecar_local_epoch,
    storageEnvelopeActive: c.storage_envelope_active,
  });
}

function startup(c: StartupCase): Refused {
  const files = new MemoryFiles();
  if (c.sidecar_text !== '') files.put(PATH, new TextEncoder().encode(c.sidecar_text));
  return checkStartupGuards({
    encryptionEnabled: c.encryption_enabled,
    kekConfigured: c.kek_configured,
    kek: c.kek_nil ? null : paddingKek(c.kek_fail_on),
    sidecar: c.sidecar_path_set ? sidecarFile(files, PATH) : null,
    probe: () => probeSidecarFilesystem(files, PATH),
    withEpochAndProbe: true,
  });
}

/** The recording's double: pads or truncates to 32 bytes, and refuses one blob. */
function paddingKek(failOn: string): KeyUnwrapper {
  return {
    unwrap(wrapped) {
      if (Buffer.from(wrapped).toString('hex') === failOn) return new Failure('', 'unwrap failed');
      const dek = new Uint8Array(DEK_BYTES);
      dek.set(wrapped.subarray(0, DEK_BYTES));
      return dek;
    },
  };
}

function gap(c: GapCase): string | null {
  const calls: [bigint, bigint][] = [];
  const scan = (after: bigint, upTo: bigint): boolean | Failure => {
    calls.push([after, upTo]);
    return c.scanner_error === undefined ? c.scanner_hit === true : new Failure('', c.scanner_error);
  };
  const got = guardSidecarBehindRaftLog(
    BigInt(c.sidecar_applied),
    BigInt(c.engine_applied),
    c.scanner_nil ? null : scan,
  );
  const problem = judge(c, got);
  if (problem !== null) return problem;
  if (calls.length !== (c.scanner_calls ?? 0)) return `want ${c.scanner_calls ?? 0} scans, got ${calls.length}`;
  const [range] = calls;
  if (range === undefined || c.scan_start_exclusive === undefined) return null;
  const [want, seen] = [`(${c.scan_start_exclusive}, ${c.scan_end_inclusive}]`, `(${range[0]}, ${range[1]}]`];
  return want === seen ? null : `want scan ${want}, got ${seen}`;
}

/** The list is complete: every other first byte is irrelevant. */
function relevant(corpus: Corpus): string | null {
  const want = corpus.sidecar_relevant_opcodes.map((c) => c.opcode).join();
  const got = Array.from({ length: 256 }, (_, opcode) => opcode)
    .filter(isSidecarRelevant)
    .join();
  return want === got ? null : `want ${want}, got ${got}`;
}

function missingDir(): Refused {
  const files = new MemoryFiles();
  files.failNext('createExclusive', 'ENOENT');
  return probeSidecarFilesystem(files, '<dir>/keys.json');
}
