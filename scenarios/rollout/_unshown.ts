// Hazards that a simulated cluster cannot show, and why; beside each, what holds the rule instead. The table in scenarios/README.md
// is made of this and of the names of the scenarios.
const ENDED = 'told to a caller whose own time is up, and who sees its own deadline instead; held by the admin vectors';
const BODY = 'no RPC can put such a body into the log; held by the applier vectors';
const DIRECT = 'guards writes that do not come out of the log; the simulated store has none';
const GO = 'a fault of memory or of a nil pointer in the real process; here absence is a type';

export const UNSHOWN: Readonly<Record<string, string>> = {
  'H-07': ENDED,
  'H-20': 'no build encodes another purpose byte; held by the fsmwire vectors',
  'H-21': `${GO}; the caps are held by the fsmwire vectors`,
  'H-23':
    'waiters are resolved by index and term here, not by the header; the layers are held by the proposal-envelope vectors',
  'H-27': BODY,
  'H-28': BODY,
  'H-44': 'decides which of two refusals is printed, not whether there is one; held by the guards vectors',
  'H-53': ENDED,
  'H-57': DIRECT,
  'H-58': DIRECT,
  'H-61': DIRECT,
  'H-63': 'an attempt ends after five seconds (H-59), and so no tick is blocked; held by the tests of registration',
  'H-64': DIRECT,
  'H-66': GO,
  'H-78': 'a question of how bytes are told apart; held by the fsm-dispatch vectors',
};
