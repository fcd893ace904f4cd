// Cases as a JUnit report: a file is a suite, what was judged in it a test case. Build servers show these without being
// taught.
import type { Case } from './case.ts';

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

function testCase({ name, file, outcome, why, detail, cpuMs }: Case): string {
  const open = `    <testcase name="${xml(name)}" classname="${xml(file)}" time="${(cpuMs / 1000).toFixed(3)}"`;
  if (outcome === 'passed') return `${open}/>`;
  const kind = outcome === 'skipped' ? 'skipped' : 'failure';
  return `${open}>\n      <${kind} message="${xml(why)}">${xml(detail)}</${kind}>\n    </testcase>`;
}

function count(cases: readonly Case[], outcome: Case['outcome']): number {
  return cases.filter((one) => one.outcome === outcome).length;
}

/** The whole report. */
export function junitReport(cases: readonly Case[]): string {
  const files = [...new Set(cases.map((one) => one.file))];
  const suites = files.map((file) => {
    const own = cases.filter((one) => one.file === file);
    const counts = `tests="${own.length}" failures="${count(own, 'failed')}" skipped="${count(own, 'skipped')}"`;
    return `  <testsuite name="${xml(file)}" ${counts}>\n${own.map(testCase).join('\n')}\n  </testsuite>`;
  });
  const counts = `tests="${cases.length}" failures="${count(cases, 'failed')}"`;
  const whole = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="raftgate" ${counts}>`,
    ...suites,
    '</testsuites>',
  ];
  return `${whole.join('\n')}\n`;
}
