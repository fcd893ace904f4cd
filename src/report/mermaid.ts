// A run as a Mermaid sequence diagram, small enough to stand in a review: the steps that matter, with an arrow where
// one node's entry reached another.
import type { StepRow } from './steps-table.ts';

const ENTITIES: Readonly<Record<string, string>> = { '#': '#35;', ';': '#59;', ':': '#58;', '\n': ' ' };

/** Characters with a meaning in Mermaid text, as its own entity codes. */
function escaped(text: string): string {
  return text.replace(/[#;:\n]/g, (c) => ENTITIES[c] ?? c);
}

/** A participant's id: letters and digits only. */
function id(node: string): string {
  return `p_${node.replace(/\W/g, '_')}`;
}

/** The diagram of a run's essential steps. */
export function mermaidDiagram(title: string, nodes: readonly string[], rows: readonly StepRow[]): string {
  const shown = nodes.filter((node) => rows.some((row) => row.node === node || row.from === node));
  const lines = ['sequenceDiagram', `  title ${escaped(title)}`, '  autonumber'];
  for (const node of shown) lines.push(`  participant ${id(node)} as ${escaped(node)}`);
  for (const row of rows) {
    const text = escaped(row.note === '' ? row.text : `${row.text} (${row.note})`);
    const from = row.from ?? row.node;
    if (from !== row.node) lines.push(`  ${id(from)}->>${id(row.node)}: ${text}`);
    else if (/^HALT/.test(row.text)) lines.push(`  ${id(row.node)}-x${id(row.node)}: ${text}`);
    else lines.push(`  ${id(row.node)}->>${id(row.node)}: ${text}`);
  }
  return `${lines.join('\n')}\n`;
}
