// Workflow commands that code hosts turn into annotations at a line of a change.
import type { Case } from './case.ts';

/** Escapes the message of a command. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Escapes a property of a command. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** One annotation for a case that failed or was not decided; none for any other. */
export function githubAnnotation({ name, file, line, outcome, why, replay }: Case): string {
  if (outcome === 'passed') return '';
  const level = outcome === 'skipped' ? 'warning' : 'error';
  const where = `file=${property(file)},line=${line},title=${property(name)}`;
  return `::${level} ${where}::${data(replay === null ? why : `${why}\n${replay}`)}\n`;
}
