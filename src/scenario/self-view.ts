// What a process knows of itself. Side files are read at every look, because apply writes them while the process runs; a
// copy taken at the start would answer from before the entry that mattered.
import { InputError } from '../base/errors.ts';
import type { SelfView } from '../gate/atom.ts';
import type { Build } from './build.ts';
import { callSite } from './place.ts';
import type { ProcessPort } from './program.ts';
import { distinct, unknownName } from './suggest.ts';

/** The view of the process behind a port; durable fields that were never written are those of the initial state. */
export function selfView(port: ProcessPort): SelfView {
  const { build } = port;
  const initial = build.subject.initial();
  const unwritten = Object.fromEntries(
    build.subject.durable.map((field) => [field, (initial as Readonly<Record<string, unknown>>)[field]]),
  );
  return {
    id: port.node,
    build: build.name,
    maxVersion: build.maxVersion,
    config: build.config,
    get durable() {
      return { ...unwritten, ...port.durable.get() };
    },
    applies: appliesIn(build),
  };
}

/** Whether a build applies an opcode; to ask for one that there is not is a mistake, and no would be the wrong answer. */
export function appliesIn(build: Build): SelfView['applies'] {
  return (op) => {
    if (build.applies.includes(op)) return true;
    if (Object.hasOwn(build.subject.opcodes, op)) return false;
    throw noOpcode('me.applies', op, Object.keys(build.subject.opcodes));
  };
}

/** All opcodes of some builds: a property asks for one after every event. */
const OPCODES = new WeakMap<readonly Build[], readonly string[]>();

/** Refuses to look for entries of an opcode that no build has: there never are any. @throws InputError SCN010 */
export function wantOpcode(op: string, builds: readonly Build[]): void {
  let known = OPCODES.get(builds);
  if (known === undefined) {
    // A write of a client's is an entry of every feature.
    known = distinct([...builds.flatMap((build) => Object.keys(build.subject.opcodes)), 'put']);
    OPCODES.set(builds, known);
  }
  if (!known.includes(op)) throw noOpcode('commits', op, known);
}

function noOpcode(asked: string, op: string, known: readonly string[]): InputError {
  return new InputError('SCN010', `${asked}: ${unknownName('opcode', op, known)}`, callSite());
}
