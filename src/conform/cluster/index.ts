// `conform cluster`: recorded lives of real clusters, replayed and compared. One case is one unit; a case that cannot be
// replayed is skipped with its reason.
import { addCounts, NO_COUNTS, type Counts } from '../diff.ts';
import { jsonFiles } from '../json-files.ts';
import { compare } from './compare.ts';
import { readRecordings, type Recording } from './recording.ts';
import { replayRecording } from './replay.ts';
import { unknownBuild } from './build-of.ts';

export { COMPARED } from './compare.ts';

/**
 * Replays the recordings of files, or of all JSON files in folders.
 * @param out takes the printed lines
 * @throws InputError CLI003 for a file that cannot be read or is no recording
 */
export function conformCluster(paths: readonly string[], out: (line: string) => void): Counts {
  let counts = NO_COUNTS;
  for (const { path, text } of jsonFiles(paths)) {
    let ofFile = NO_COUNTS;
    for (const recording of readRecordings(text, path)) ofFile = addCounts(ofFile, conformOne(recording, path, out));
    counts = addCounts(counts, ofFile);
  }
  return counts;
}

function conformOne(recording: Recording, file: string, out: (line: string) => void): Counts {
  const unfit = recording.unfit ?? unknownBuild(recording);
  if (unfit !== null) {
    out(`${file}: ${recording.id} skipped: ${unfit}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const differences = replayed(recording);
  if (recording.unread.length > 0)
    out(`${file}: ${recording.id} tells more than is compared: ${recording.unread.join(', ')}`);
  if (differences.length === 0) return { passed: 1, failed: 0, skipped: 0 };
  out(`${file}: ${recording.id} differs`);
  for (const difference of differences) out(`    ${difference}`);
  return { passed: 0, failed: 1, skipped: 0 };
}

/** What differs. A replay that breaks is a bug of ours: it fails its own case, and hides no other. */
function replayed(recording: Recording): readonly string[] {
  try {
    return compare(recording, replayRecording(recording));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [`the replay broke, which is a bug of raftgate: ${error.message}`];
  }
}
