// Which ways a partition closes. One-way cuts matter as much as clean splits: a leader that can send and cannot hear keeps
// its followers quiet while nothing commits, and only a cut in one direction shows it.
import type { Faults } from '../../scenario/faults.ts';
import type { ChoiceStream } from '../kernel/choices.ts';
import { mix } from '../kernel/fingerprint.ts';

/** Ways to close, each from a node to a node, and a phrase for it. */
export interface Partition {
  readonly cuts: readonly (readonly [number, number])[];
  readonly says: string;
}

/** Draws a partition of nodes 1 … N. Null if the menu or the cluster allows none. @param nodes names by number */
export function drawPartition(
  menu: Faults['partition'],
  nodes: readonly string[],
  stream: ChoiceStream,
  key: number,
): Partition | null {
  if (nodes.length < 3 || menu.length === 0) return null;
  switch (menu[stream.choose(key, menu.length)]!) {
    case 'isolateOne': {
      const node = 1 + stream.choose(mix(key, 1), nodes.length - 1);
      const others = everyoneElse(nodes, node);
      return { cuts: [...ways([node], others), ...ways(others, [node])], says: `${nodes[node]!} cut off` };
    }
    case 'halves':
      return drawHalves(nodes, stream, mix(key, 2));
    case 'oneWay':
      return drawOneWay(nodes, stream, mix(key, 3));
  }
}

function drawHalves(nodes: readonly string[], stream: ChoiceStream, key: number): Partition {
  const left: number[] = [];
  const right: number[] = [];
  for (let node = 1; node < nodes.length; node++) {
    const toLeft = node === 1 || stream.choose(mix(key, node), 2) === 1;
    (toLeft ? left : right).push(node);
  }
  if (right.length === 0) right.push(left.pop()!);
  const names = (half: number[]): string => half.map((node) => nodes[node]!).join(' ');
  return { cuts: [...ways(left, right), ...ways(right, left)], says: `${names(left)} cut off from ${names(right)}` };
}

function drawOneWay(nodes: readonly string[], stream: ChoiceStream, key: number): Partition {
  const node = 1 + stream.choose(mix(key, 1), nodes.length - 1);
  const others = everyoneElse(nodes, node);
  const name = nodes[node]!;
  switch (stream.choose(key, 3)) {
    case 0:
      return { cuts: ways([node], others), says: `nothing from ${name} arrives` };
    case 1:
      return { cuts: ways(others, [node]), says: `nothing arrives at ${name}` };
    default: {
      const to = others[stream.choose(mix(key, 2), others.length)]!;
      return { cuts: [[node, to]], says: `nothing from ${name} arrives at ${nodes[to]!}` };
    }
  }
}

function everyoneElse(nodes: readonly string[], node: number): number[] {
  const others: number[] = [];
  for (let other = 1; other < nodes.length; other++) if (other !== node) others.push(other);
  return others;
}

function ways(from: readonly number[], to: readonly number[]): [number, number][] {
  return from.flatMap((a) => to.map((b): [number, number] => [a, b]));
}
