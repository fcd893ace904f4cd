// `raftgate explain`: why a tape fails. The tape says what to explain; the exhaustive search finds the shortest way to it,
// and everything said about blame, inevitability and repair has been searched for, not guessed.
import { count, labelled } from '../../report/layout.ts';
import { storyLines } from '../../report/story.ts';
import type { Cli } from '../cli.ts';
import type { ExplainFlags } from '../commands/explain.ts';
import { fromModel } from '../conclude.ts';
import type { Explored, ModelWitness } from '../explore.ts';
import { alone } from '../pool.ts';
import { replayStored, type Replay } from '../replay-tape.ts';
import { Reporting } from '../reporting.ts';
import { staleTape, storyOfReplay, taped, violatedBy, type TapedScenario } from './replay.ts';
import { stepsTable } from '../../report/steps-table.ts';

/** The story of the tape's own run, with what the search says of its property. */
function lines(one: TapedScenario, replay: Replay, model: ModelWitness | null, cli: Cli): string[] {
  const story = storyOfReplay(one, replay, cli.cwd);
  if (story === null) return [];
  const told = storyLines({ ...story, ...fromModel(model, story.rows.length) }, one.scenario.plan, cli.paint);
  if (model === null || model.rows.length >= story.rows.length) return told;
  return [
    ...told,
    '',
    ...labelled('shorter', `${model.rows.length} steps:`),
    '',
    ...stepsTable(story.nodes, model.rows),
  ];
}

function searchedText({ complete, why, states, within }: Explored): string {
  return `${within}; ${complete ? 'complete' : `not complete: ${why ?? 'cut off'}`}; ${count(states, 'state')}`;
}

/** `raftgate explain FILE` */
export async function explain(this: Cli, flags: ExplainFlags, path: string): Promise<void> {
  const one = await taped(path, flags.scenario, this.cwd);
  const reporting = new Reporting(this, flags);
  const replay = replayStored(one.scenario, one.stored);
  const stale = staleTape(one.stored, replay);
  if (stale !== null) throw stale;
  const property = violatedBy(one, replay, 'explain');
  const stopAtMs = flags.budget === undefined ? null : Date.now() + flags.budget;
  const task = { url: one.url, name: one.scenario.name, bound: null, maxStates: null, repairs: true };
  const explored = await alone('exploreTask', { ...task, stopAtMs, stopFlag: null });
  const model = explored.witnesses.find((witness) => witness.property === property) ?? null;
  const { complete, states, bound } = explored;
  const record = {
    kind: 'explain',
    scenario: one.scenario.name,
    tape: one.stored.file,
    property,
    complete,
    states,
    bound,
    witness: model,
  };
  reporting.record(record);
  const none = `the exhaustive search breaks ${property} nowhere: it needs what the model leaves out (times, losses)`;
  const missing = model === null ? labelled('model', none) : [];
  const searched = labelled('searched', searchedText(explored));
  reporting.text([` ${one.scenario.name}`, '', ...lines(one, replay, model, this), ...missing, ...searched]);
  reporting.close(true);
}
