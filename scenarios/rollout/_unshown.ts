// Hazards that a simulated cluster cannot show, and why; beside each, what holds the rule instead. The table in scenarios/README.md
// is made of this and of the names of the scenarios.
const MAPPING = 'a matter of which status code an error becomes; held by the admin vectors';
const BODY = 'no RPC can put such a body into the log; held by the applier vectors';
const DIRECT = 'guards writes that do not come out of the log; the simulated store has none';
const GO = 'a fault of memory or of a nil pointer in the real process; here absence is a type';

export const UNSHOWN: Readonly<Record<string, string>> = {
  'H-07': MAPPING,
  'H-08': MAPPING,
  'H-11': `${GO}; the size cap itself is held by the admin vectors`,
  'H-20': 'no build encodes another purpose byte; held by the fsmwire vectors',
  'H-21': `${GO}; the caps are held by the fsmwire vectors`,
  'H-23':
    'waiters are resolved by index and term here, not by the header; the layers are held by the proposal-envelope vectors',
  'H-26': BODY,
  'H-27': BODY,
  'H-28': BODY,
  'H-32': 'every build that knows the raft cutover tells its applier the index; held by the applier vectors',
  'H-43':
    'there is one narrowing function, and nobody could use another; held by the derive-node-id and guards vectors',
  'H-44': 'decides which of two refusals is printed, not whether there is one; held by the guards vectors',
  'H-49': `${GO}; timeouts and their verdicts are held by the fanout vectors`,
  'H-53': MAPPING,
  'H-54': 'the decoder here cannot yield an absent field; held by the fsm-dispatch vectors',
  'H-57': DIRECT,
  'H-58': DIRECT,
  'H-59': 'every simulated call has a deadline; held by the tests of registration',
  'H-60':
    'needs attempts whose answers are lost for ever while their entries commit; held by the tests of registration',
  'H-61': DIRECT,
  'H-62': DIRECT,
  'H-63': 'every simulated call has a deadline; held by the tests of registration',
  'H-64': DIRECT,
  'H-66': GO,
  'H-76': 'a simulated disk loses what was not synced, it does not fail to read; held by the fsm-dispatch vectors',
  'H-77': 'leases are not renewed in the simulated store; held by the restart and engine-halt vectors',
  'H-78': 'a question of how bytes are told apart; held by the fsm-dispatch vectors',
  'H-80': 'nobody tampers with a simulated disk; held by the storage-envelope vectors',
};
