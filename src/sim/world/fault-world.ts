// The world as the fault injector handles it: nodes by number, nothing of what runs on them.
import type { FaultWorld } from '../faults/injector.ts';
import type { World } from './world.ts';

/** Hands a world to the injector. @param healed called once, when all faults are over */
export function faultWorld(world: World, healed: () => void): FaultWorld {
  const nodes = ['', ...world.scenario.cluster.nodes];
  return {
    nodes,
    network: world.wire.network,
    scheduler: world.scheduler,
    electionMs: world.scenario.cluster.electionMs[0],
    isUp: (node) => world.wire.isUp(node),
    crash: (node) => world.crash(node, 'fault'),
    restart: (node) => {
      const { build, held } = world.home(node);
      if (build !== null && !held) world.start(node, build);
    },
    pause: (node) => world.process(node)?.pause(),
    resume: (node) => world.process(node)?.resume(),
    skew: (node, ticks, per) => world.skew(node, ticks, per),
    tornWrites: (on) => {
      for (let node = 1; node < nodes.length; node++) world.home(node).tornWrites(on);
    },
    armDiskCrash: (node, n, then) => world.armDiskCrash(node, n, then),
    linksChanged: () => world.probe.onLinks(),
    note: (kind, detail) => world.note.fault(kind, 0, detail),
    healed,
  };
}
