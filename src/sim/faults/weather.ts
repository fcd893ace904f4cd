// The weather and the clocks of a run, drawn once from the menu. Chances are per run, not per menu: a run with 1 % loss and
// one with 20 % find different things. Clock rates are fractions of whole numbers, the same on every machine.
import type { Faults } from '../../scenario/faults.ts';
import type { ChoiceStream } from '../kernel/choices.ts';
import { hashText, mix } from '../kernel/fingerprint.ts';
import type { Weather } from '../world/network.ts';

/** Steps between the least and the most chance. */
const STEPS = 100;
/** How many messages of a million are held up, when some are. */
const DELAYED = [50_000, 200_000, 500_000, 1_000_000] as const;

function drawChance(stream: ChoiceStream, key: number, [least, most]: readonly [number, number]): number {
  return least + Math.trunc(((most - least) * (1 + stream.choose(key, STEPS))) / STEPS);
}

function percent(perMillion: number): string {
  return `${Math.trunc(perMillion / 10_000)}.${Math.trunc((perMillion % 10_000) / 1_000)} %`;
}

/** Draws the weather; phrases are empty if it is calm. @param takes whether the run takes a kind of fault */
export function drawWeather(
  menu: Faults,
  stream: ChoiceStream,
  takes: (kind: string) => boolean,
): { readonly weather: Weather; readonly phrases: string[] } {
  const phrases: string[] = [];
  let lossPerMillion = 0;
  let duplicatePerMillion = 0;
  let delayPerMillion = 0;
  if (menu.lossPerMillion[1] > 0 && takes('loss')) {
    lossPerMillion = drawChance(stream, hashText('loss chance'), menu.lossPerMillion);
    phrases.push(`${percent(lossPerMillion)} of messages lost`);
  }
  if (menu.duplicatePerMillion[1] > 0 && takes('duplicate')) {
    duplicatePerMillion = drawChance(stream, hashText('duplicate chance'), menu.duplicatePerMillion);
    phrases.push(`${percent(duplicatePerMillion)} of messages doubled`);
  }
  if (menu.delayMs[1] > 0 && takes('delay')) {
    delayPerMillion = DELAYED[stream.choose(hashText('delay chance'), DELAYED.length)]!;
    // Chances of one message add up to a million at most.
    delayPerMillion = Math.min(delayPerMillion, 1_000_000 - lossPerMillion - duplicatePerMillion);
    phrases.push(`${percent(delayPerMillion)} of messages held up by ${menu.delayMs[0]} to ${menu.delayMs[1]} ms`);
  }
  const weather = { lossPerMillion, duplicatePerMillion, delayPerMillion, delayMs: menu.delayMs };
  return { weather, phrases };
}

/**
 * Draws one node's clock: it moves `ticks` ms in `per` true ms. Two clocks of a run are apart by the menu's rate at most.
 * @param overMs what the menu's skew is measured over: an election timeout
 */
export function drawSkew(
  menu: Faults,
  overMs: number,
  stream: ChoiceStream,
  node: number,
): { readonly ticks: number; readonly per: number } {
  const half = Math.trunc(menu.clockSkewMs / 2);
  const choice = stream.choose(mix(hashText('clock'), node), 2 * half + 1);
  const byMs = (choice + 1) >> 1;
  return choice % 2 === 1 ? { ticks: overMs + byMs, per: overMs } : { ticks: overMs, per: overMs + byMs };
}
