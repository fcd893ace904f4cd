// The build behind one node of a recording: its commit's row of the stage table under its recorded flags.
import { stageOf } from '../../admin/stages.ts';
import type { Build } from '../../scenario/build.ts';
import { stage, type StageFlags } from '../../subjects/encryption.ts';
import type { Recording } from './recorded.ts';

const SWITCHES = ['--encryption-enabled', '--encryption-rotate-on-startup'] as const;
const VALUES = ['--encryptionSidecarPath', '--kekFile'] as const;

/** Flags of the real binary that say where it listens and what it stores, and nothing about encryption. */
const OTHER =
  /^--?(raft|redis|grpc|address|data|host|port|listen|http|metrics|peers?|id|node|admin|s3|dynamo|lock|pprof|log)/i;

/** Why a recording's builds cannot be made; null if they can. */
export function unknownBuild(recording: Recording): string | null {
  for (const [node, commit] of recording.commits) {
    if (stageOf(commit) === null) return `${node} runs commit ${commit}, which no stage of the table describes`;
  }
  for (const action of recording.actions) {
    const commit = 'commit' in action ? action.commit : null;
    if (commit !== null && stageOf(commit) === null)
      return `a restart is to commit ${commit}, which no stage of the table describes`;
  }
  const missing = recording.nodes.find((node) => !recording.commits.has(node));
  if (missing !== undefined) return `the commit of ${missing} is not told`;
  for (const [node, flags] of recording.flags) {
    const unknown = flags.find((flag) => flag.startsWith('-') && !isKnown(flag));
    if (unknown !== undefined) return `${node} runs with ${unknown}, which is not modelled`;
  }
  return null;
}

function isKnown(flag: string): boolean {
  return [...SWITCHES, ...VALUES].some((known) => flag === known || flag.startsWith(`${known}=`)) || OTHER.test(flag);
}

/** What a node is started as, where that is not what the recording says of it in the beginning. */
export interface StartedAs {
  readonly commit: string | null;
  readonly flags: readonly string[] | null;
  readonly kek: string | null;
}

/** What the recording says in the beginning. */
export const AS_RECORDED: StartedAs = { commit: null, flags: null, kek: null };

/** One node's build. */
export function buildOf(recording: Recording, node: string, as: StartedAs): Build {
  const own = as.flags ?? recording.flags.get(node) ?? [];
  const release = as.commit ?? recording.commits.get(node) ?? '';
  const kek = kekName(as.kek ?? recording.keks.get(node) ?? SHARED);
  const stageFlags: StageFlags = {
    encryptionEnabled: isOn(own, '--encryption-enabled'),
    kekFile: valueOf(own, '--kekFile') === null ? null : kekPath(kek),
    sidecarPath: valueOf(own, '--encryptionSidecarPath') === null ? null : 'enc/',
    rotateOnStartup: isOn(own, '--encryption-rotate-on-startup'),
    kek,
  };
  const name = `${recording.id} ${node} ${release} ${kek ?? 'no kek'} ${own.join(' ')}`;
  return stage(release, stageFlags, { name, leases: true });
}

const SHARED = 'cluster';

/** The name of a KEK; null where there is no such file. */
function kekName(told: string): string | null {
  if (/^(missing|none|absent|no file)$/i.test(told)) return null;
  return /^(same|shared|cluster|common)$/i.test(told) ? SHARED : told;
}

/** Where a KEK's file is; another KEK is another file, so that both may have been on a disk. */
export function kekPath(kek: string | null): string {
  return kek === null || kek === SHARED ? 'kek.bin' : `kek of ${kek}.bin`;
}

function isOn(flags: readonly string[], name: string): boolean {
  return flags.some((flag, i) => flag === `${name}=true` || (flag === name && flags[i + 1] !== 'false'));
}

/** A flag's value; null if it is not set, or set to nothing. */
function valueOf(flags: readonly string[], name: string): string | null {
  const at = flags.findIndex((flag) => flag === name || flag.startsWith(`${name}=`));
  if (at < 0) return null;
  const flag = flags[at]!;
  const value = flag.includes('=') ? flag.slice(flag.indexOf('=') + 1) : (flags[at + 1] ?? 'set');
  return value === '' ? null : value;
}
