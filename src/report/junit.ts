// Scenarios as a JUnit report: a file is a suite, a scenario a test case. Build servers show these without being taught.
import type { ScenarioRecord } from './records.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text for XML 1.0: marked characters escaped, characters XML cannot hold replaced. */
export function xml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (c) => ESCAPES[c] ?? c);
}

function testCase(record: ScenarioRecord, detail: string): string {
  const open = `    <testcase name="${xml(record.scenario)}" classname="${xml(record.file)}" time="${(record.cpuMs / 1000).toFixed(3)}"`;
  if (record.expected && record.verdict !== 'inconclusive') return `${open}/>`;
  const kind = record.expected ? 'skipped' : 'failure';
  const message = xml(record.why ?? record.verdict);
  return `${open}>\n      <${kind} message="${message}">${xml(detail)}</${kind}>\n    </testcase>`;
}

/**
 * The whole report.
 * @param detail what a person would read about a scenario that is not as expected
 */
export function junitReport(records: readonly ScenarioRecord[], detail: (record: ScenarioRecord) => string): string {
  const files = [...new Set(records.map((record) => record.file))];
  const suites = files.map((file) => {
    const own = records.filter((record) => record.file === file);
    const failures = own.filter((record) => !record.expected).length;
    const skipped = own.filter((record) => record.expected && record.verdict === 'inconclusive').length;
    const cases = own.map((record) => testCase(record, detail(record))).join('\n');
    const counts = `tests="${own.length}" failures="${failures}" skipped="${skipped}"`;
    return `  <testsuite name="${xml(file)}" ${counts}>\n${cases}\n  </testsuite>`;
  });
  const failures = records.filter((record) => !record.expected).length;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="raftgate" tests="${records.length}" failures="${failures}">\n${suites.join('\n')}\n</testsuites>\n`;
}
