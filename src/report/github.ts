// Workflow commands that code hosts turn into annotations at a line of a change.
import type { ScenarioRecord } from './records.ts';

/** Escapes the message of a command. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Escapes a property of a command. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** One annotation for a scenario that is not as expected or not decided; none for any other. */
export function githubAnnotation(record: ScenarioRecord, line: number): string {
  if (record.expected && record.verdict !== 'inconclusive') return '';
  const level = record.expected ? 'warning' : 'error';
  const replay = record.findings[0] === undefined ? '' : `\n${record.findings[0].replay}`;
  const where = `file=${property(record.file)},line=${line},title=${property(record.scenario)}`;
  return `::${level} ${where}::${data(`${record.why ?? record.verdict}${replay}`)}\n`;
}
