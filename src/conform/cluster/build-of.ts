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

/** One node's build; `commit` and `flags` replace what the recording says of it in the beginning. */
export function buildOf(
  recording: Recording,
  node: string,
  commit: string | null,
  flags: readonly string[] | null,
): Build {
  const own = flags ?? recording.flags.get(node) ?? [];
  const release = commit ?? recording.commits.get(node) ?? '';
  const kekFile = valueOf(own, '--kekFile');
  const kek = recording.keks.get(node);
  const stageFlags: StageFlags = {
    encryptionEnabled: isOn(own, '--encryption-enabled'),
    kekFile: kekFile === null ? null : 'kek.bin',
    sidecarPath: valueOf(own, '--encryptionSidecarPath') === null ? null : 'enc/',
    rotateOnStartup: isOn(own, '--encryption-rotate-on-startup'),
    ...(kek === undefined ? {} : { kek }),
  };
  return stage(release, stageFlags, `${recording.id} ${node} ${release} ${own.join(' ')}`);
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
