// Failed cases as SARIF 2.1.0, the form in which code hosts show results beside the code. A rule is what was broken, a result
// is a case that failed, at the file that holds it; the fingerprint keeps one finding one over time.
import type { Case } from './case.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

function result({ name, file, line, why, rule, fingerprint, replay }: Case, ruleIndex: number): object {
  const place = { artifactLocation: { uri: file.replaceAll('\\', '/') }, region: { startLine: line } };
  return {
    ruleId: rule,
    ruleIndex,
    level: 'error',
    message: { text: `${name}: ${why}.${replay === null ? '' : ` Replay: ${replay}`}` },
    locations: [{ physicalLocation: place }],
    partialFingerprints: { raftgateCause: fingerprint },
  };
}

/** The whole log. */
export function sarifReport(cases: readonly Case[], version: string): string {
  const failed = cases.filter((one) => one.outcome === 'failed');
  const rules = [...new Set(failed.map((one) => one.rule))];
  const driver = { name: 'raftgate', version, rules: rules.map((id) => ({ id, shortDescription: { text: id } })) };
  const results = failed.map((one) => result(one, rules.indexOf(one.rule)));
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [{ tool: { driver }, results }] }, null, 2)}\n`;
}
