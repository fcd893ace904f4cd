// One run as one HTML file that needs no network and no server: what was asked, what happened, the diagram, and every
// event behind a filter. It can be attached to a review and will still open in ten years.
import { readFileSync } from 'node:fs';
import type { Scenario } from '../scenario/scenario.ts';
import type { TraceEvent } from '../sim/kernel/trace.ts';
import type { RunResult } from '../sim/verdict.ts';
import { eventText, placeText } from './event-text.ts';
import { xml } from './junit.ts';
import { seconds } from './layout.ts';
import { stepsDiagram } from './page-diagram.ts';
import { planTree } from './plan-tree.ts';
import type { Story } from './story.ts';
import { violationLines } from './violation-text.ts';

function asset(name: string): string {
  return readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
}

/** JSON that may stand inside a script element. */
function embedded(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

function eventRow(e: TraceEvent): readonly [number, string, string, string, string] {
  return [e.seq, seconds(e.atMs), placeText(e), e.kind, eventText(e)];
}

function facts(rows: readonly (readonly [string, readonly string[]])[]): string {
  const shown = rows.filter(([, sentences]) => sentences.length > 0);
  const items = shown.map(([name, sentences]) => `<dt>${xml(name)}</dt><dd>${sentences.map(xml).join('<br>')}</dd>`);
  return `<dl>${items.join('\n')}</dl>`;
}

function storyPart(story: Story): string {
  const table = facts([
    ['violated', violationLines(story)],
    ['halted', story.halted],
    ['blast', story.blast],
    ['blame', story.blame],
    ['not it', story.notIt],
    ['no return', story.noReturn],
    ['repair', story.repair],
    ['also', story.also],
    ['replay', [story.replay]],
  ]);
  return `<h2>What happened</h2>\n${stepsDiagram(story.nodes, story.rows)}\n${table}`;
}

function eventsPart(trace: readonly TraceEvent[]): string {
  return [
    '<h2>Every event</h2>',
    '<div class="filters">',
    '<select id="place" aria-label="place"><option value="">every place</option></select>',
    '<select id="kind" aria-label="kind"><option value="">every kind</option></select>',
    '<input id="text" type="search" placeholder="words" aria-label="words">',
    '<span id="count"></span></div>',
    '<table class="mono"><thead><tr><th>#</th><th>time</th><th>place</th><th>event</th></tr></thead><tbody id="list"></tbody></table>',
    `<script type="application/json" id="events">${embedded(trace.map(eventRow))}</script>`,
    `<script>${asset('script.js')}</script>`,
  ].join('\n');
}

/**
 * The page about a recorded run.
 * @param story null where nothing is violated
 */
export function page(scenario: Scenario, result: RunResult, story: Story | null): string {
  const run = facts([
    [
      'run',
      [
        `${result.tape.strategy}${result.tape.seed === null ? '' : ` ${result.tape.seed}`}, ${result.events} events, ${seconds(result.virtualMs)} simulated`,
      ],
    ],
    ['taken', result.taken],
    ['trace', [`SHA-256 ${result.hash}`]],
  ]);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${xml(scenario.name)}</title>`,
    `<style>${asset('style.css')}</style></head><body>`,
    `<h1>${xml(scenario.name)} <span class="verdict ${result.verdict}">${result.verdict}</span></h1>`,
    `<p class="about">${xml(scenario.about)}</p>`,
    run,
    `<h2>Plan</h2>\n<pre>${planTree(scenario.plan).map(xml).join('\n')}</pre>`,
    story === null ? '' : storyPart(story),
    eventsPart(result.trace),
    '</body></html>',
    '',
  ].join('\n');
}
