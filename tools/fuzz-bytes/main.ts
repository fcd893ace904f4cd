// `npm run fuzz:bytes -- [INPUTS] [SEED]`: a million spoiled inputs by default. Exit 1 if anything was found.
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const inputs = Number(process.argv[2] ?? '1000000');
const seed = process.argv[3] ?? 'bytes-1';
if (!Number.isSafeInteger(inputs) || inputs < 1 || seed === '') {
  process.stderr.write('usage: npm run fuzz:bytes -- [INPUTS >= 1] [SEED]\n');
  process.exit(2);
}
const before = process.cpuUsage();
const report = fuzz(seed, inputs);
const used = process.cpuUsage(before);
for (const finding of report.findings) process.stdout.write(`${finding}\n`);
const seconds = ((used.user + used.system) / 1e6).toFixed(1);
process.stdout.write(
  `${report.inputs} inputs over ${TARGETS.length} readers, seed ${seed}: ${report.findings.length} findings; ` +
    `${seconds} CPU seconds, slowest call ${report.slowestMs.toFixed(1)} ms\n`,
);
process.exit(report.findings.length > 0 ? 1 : 0);
