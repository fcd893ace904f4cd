// Findings as SARIF 2.1.0, the form in which code hosts show results beside the code. A rule is a property, a result is
// a scenario that is not as expected, at the file that holds it; the fingerprint keeps one finding one over time.
import type { ScenarioRecord } from './records.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/** The property a record is about; a scenario that should have failed and did not is about its expectation. */
function ruleOf(record: ScenarioRecord): string {
  return record.findings[0]?.property ?? (record.neverMet.length > 0 ? 'sometimes-never-met' : 'expectation');
}

function result(record: ScenarioRecord, ruleIndex: number, line: number): object {
  const finding = record.findings[0];
  const replay = finding === undefined ? '' : ` Replay: ${finding.replay}`;
  return {
    ruleId: ruleOf(record),
    ruleIndex,
    level: 'error',
    message: { text: `${record.scenario}: ${record.why ?? record.verdict}.${replay}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: record.file.replaceAll('\\', '/') }, region: { startLine: line } },
      },
    ],
    partialFingerprints: { raftgateCause: finding?.fingerprint ?? `${record.scenario}/${ruleOf(record)}` },
  };
}

/**
 * The whole log.
 * @param lineOf line of the scenario in its file, from 1
 */
export function sarifReport(
  records: readonly ScenarioRecord[],
  version: string,
  lineOf: (record: ScenarioRecord) => number,
): string {
  const failed = records.filter((record) => !record.expected);
  const rules = [...new Set(failed.map(ruleOf))];
  const driver = { name: 'raftgate', version, rules: rules.map((id) => ({ id, shortDescription: { text: id } })) };
  const results = failed.map((record) => result(record, rules.indexOf(ruleOf(record)), lineOf(record)));
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [{ tool: { driver }, results }] }, null, 2)}\n`;
}
