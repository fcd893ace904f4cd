// What operators do to disks by hand: copies, copies put back, files lost. A backup put back under a cluster that has gone on
// is the one thing that makes a node forget what it once did; a real one is a copy of the files, and so is this.
import type { Plan } from '../../scenario/plan.ts';
import type { DiskEvent } from '../../scenario/watch.ts';
import type { World } from './world.ts';

/** Does one thing to one disk. What was never kept cannot be put back: the step then does nothing. */
export function changeDisk(world: World, { act, node: name, file }: Plan & { readonly plan: 'disk' }): void {
  const node = world.nodeNumber(name);
  const home = world.home(node);
  const tell = (what: DiskEvent): void => world.probe.onDisk(node, what, file ?? '');
  switch (act) {
    case 'keep':
      return home.keepDisk();
    case 'restore':
      world.hold(node, 'stop', '');
      if (home.restoreDisk()) tell('restored');
      return;
    case 'keepFile':
      return home.keepFile(file ?? '');
    case 'restoreFile':
      if (home.restoreFile(file ?? '')) tell('replaced file');
      return;
    case 'loseFile':
      home.disk.files.drop(file ?? '');
      return tell('lost file');
  }
}

/** The machine will go down in the middle of a write, and stays down until an operator starts it. */
export function crashWriting(world: World, name: string, after: number): void {
  const node = world.nodeNumber(name);
  world.armDiskCrash(node, after, () => world.hold(node, 'crash', ''));
}
