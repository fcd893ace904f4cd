// What a process knows of itself. Side files are read at every look, because apply writes them while the process runs; a
// copy taken at the start would answer from before the entry that mattered.
import type { SelfView } from '../gate/atom.ts';
import type { ProcessPort } from './program.ts';

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
    applies: (op) => build.applies.includes(op),
  };
}
