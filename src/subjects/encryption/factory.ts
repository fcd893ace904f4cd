// The byte-exact implementation behind the face, as the simulated world starts it.
import { isProposal, proposalPayload } from '../../fsm/index.ts';
import type { ProgramFactory } from '../../scenario/program.ts';
import { readAnswer, requestFor } from './answers.ts';
import { runClient } from './client.ts';
import { EncryptionProgram } from './program.ts';

const NAMES = ['put', 'batch', 'lease', 'registration', 'bootstrap', 'rotation', 'reserved', 'reserved'] as const;

/** Starts processes of the store, runs operators' commands, and names entries. */
export const encryptionFactory: ProgramFactory = {
  create: (port) => new EncryptionProgram(port),
  client: runClient,
  describe(data) {
    const payload = isProposal(data) ? proposalPayload(data) : data;
    const opcode = payload[0];
    if (opcode === undefined) return null;
    // Behind the raft cutover a payload starts with the envelope's version and flag: no batch does.
    if (opcode === 0x01 && payload[1] === 0x00) return { opcode, name: 'wrapped' };
    return { opcode, name: NAMES[opcode] ?? 'legacy' };
  },
  readAnswer,
  requestFor,
};
