// Changes of the simulator that mean nothing to what is being tested: what a maintainer does on an ordinary day. Mild ones
// leave every moment of a run where it was; harsh ones move messages, elections and operators against each other. Each is a
// piece of text and what takes its place; a piece that is no longer there is an error, so that the list cannot quietly
// become shorter.

/** One innocuous change. */
export interface Change {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const WORLD = 'src/sim/world/world.ts';
const NETWORK = 'src/sim/world/network.ts';
const DRAWS = 'src/sim/world/draws.ts';
const FAULTS = 'src/sim/faults/injector.ts';

function after(name: string, file: string, anchor: string, added: string): Change {
  return { name, file, from: anchor, to: `${anchor}\n${added}` };
}

function before(name: string, file: string, anchor: string, added: string): Change {
  return { name, file, from: anchor, to: `${added}\n${anchor}` };
}

const WRITES = 'this.writes = new Writes(this);';
const FATES = 'switch (stream.weigh(key, this.#fates)) {';
const MENU = 'if (menu === null) return;';

/** Changes that move no message and no timer. */
export const MILD: readonly Change[] = [
  after('a log line at the start of a run', WORLD, WRITES, 'process.stderr.write("");'),
  after('an extra timer', WORLD, WRITES, 'this.scheduler.at(7, this.scheduler.kind(() => undefined), 0, 0);'),
  after(
    'a timer that rings every 20 ms',
    WORLD,
    WRITES,
    'const bell = this.scheduler.kind((n) => { if (n > 0) this.scheduler.at(this.scheduler.nowMs + 20, bell, n - 1, 0); }); this.scheduler.at(20, bell, 50, 0);',
  ),
  after(
    'an event that does nothing beside each other second',
    WORLD,
    WRITES,
    'for (let s = 1; s < 30; s++) this.scheduler.at(s * 1000, this.scheduler.kind(() => undefined), 0, 0);',
  ),
  after(
    'one more choice of the plan',
    WORLD,
    "this.planDraw = source.stream('plan');",
    'this.planDraw.choose(12_345, 7);',
  ),
  after(
    'a stream of choices more',
    WORLD,
    "this.planDraw = source.stream('plan');",
    "source.stream('audit').choose(1, 9);",
  ),
  before(
    'streams of disks opened in the reverse order',
    WORLD,
    'nodes.forEach((name, i) => {',
    'for (const name of [...nodes].reverse()) source.stream(`disk/${name}`);',
  ),
  after(
    'replicas draw before the plan does',
    WORLD,
    'this.draws = new Draws(this, source);',
    "source.stream('fault').choose(54_321, 3);",
  ),
  {
    name: 'links laid out from the last node',
    file: NETWORK,
    from: 'for (let from = 1; from < stride; from++) {',
    to: 'for (let from = stride - 1; from > 0; from--) {',
  },
  after('one more choice a message', NETWORK, 'const key = fingerprint(group, m);', 'stream.choose(key ^ 0x5555, 3);'),
  before('one more choice a message, of another kind', NETWORK, FATES, 'stream.weigh(key ^ 0x3333, this.#fates);'),
  {
    name: 'a field more in a message kept back',
    file: NETWORK,
    from: 'this.held.push({ from, to, group, message: m });',
    to: 'this.held.push(Object.assign({ from, to, group, message: m }, { note: "" }));',
  },
  before(
    'a field more in each payload',
    NETWORK,
    'this.#payload[slot] = payload;',
    'void { payload, sentAtMs: this.#scheduler.nowMs, hops: 1 };',
  ),
  {
    name: 'a larger table of messages',
    file: NETWORK,
    from: 'new Array<object | null>(64)',
    to: 'new Array<object | null>(64 + 0)',
  },
  after(
    'one more choice an election timeout',
    DRAWS,
    'const range = Math.min(electionTick, spread);',
    'stream.choose(TIMEOUT_KEY ^ 1, 5);',
  ),
  before(
    'one more choice an applied entry',
    DRAWS,
    'const drawn = draw.weigh(replica.applied(), COMPACTION);',
    'draw.weigh(replica.applied() + 1_000_000, COMPACTION);',
  ),
  {
    name: 'clocks drawn before the weather',
    file: FAULTS,
    from: 'this.#takeWeather(menu);\n    this.#takeSkew(menu);',
    to: 'this.#takeSkew(menu);\n    this.#takeWeather(menu);',
  },
  after('one more choice of faults', FAULTS, MENU, "this.#stream.choose(hashText('earthquake'), 2);"),
  {
    name: 'timers cancelled in the reverse order',
    file: FAULTS,
    from: '.sort((a, b) => a - b)) this.#world.scheduler',
    to: '.sort((a, b) => b - a)) this.#world.scheduler',
  },
  { name: 'another text in the trace', file: FAULTS, from: "'all faults are over'", to: "'it is calm again'" },
  before(
    'a note more in the trace',
    FAULTS,
    "this.#world.note('heal',",
    "this.#world.note('heal', 'about to be calm');",
  ),
  {
    name: 'checkers told more often that time passes',
    file: 'src/sim/run.ts',
    from: 'const TICK_MS = 50;',
    to: 'const TICK_MS = 40;',
  },
  {
    name: 'a larger wheel of timers',
    file: 'src/sim/kernel/scheduler.ts',
    from: 'new Wheel(256)',
    to: 'new Wheel(512)',
  },
  {
    name: 'a longer rest at the end',
    file: 'src/sim/run.ts',
    from: 'const REST_MS = 2_000;',
    to: 'const REST_MS = 2_500;',
  },
];

const DRIVER = 'src/sim/world/plan-driver.ts';
const STEPS = 'src/sim/world/plan-steps.ts';

function instead(name: string, file: string, from: string, to: string): Change {
  return { name, file, from, to };
}

/** Changes after which nearly every event of a run comes at another moment, or in another order. */
export const HARSH: readonly Change[] = [
  after(
    'a second heartbeat to every peer each round',
    'src/raft/replication.ts',
    'if (pr.id !== r.id) sendHeartbeat(r, pr, context);',
    'if (pr.id !== r.id) sendHeartbeat(r, pr, context);',
  ),
  instead('heartbeats more often', WORLD, 'const HEARTBEATS_PER_TIMEOUT = 5;', 'const HEARTBEATS_PER_TIMEOUT = 8;'),
  instead('election timeouts a tick longer', DRAWS, '3 * (node - 1)) % range;', '3 * (node - 1)) % range + 1;'),
  instead('election timeouts spread otherwise', DRAWS, '3 * (node - 1)) % range;', '5 * (node - 1) + 2) % range;'),
  instead(
    'ticks in another phase',
    'src/sim/world/tick-clock.ts',
    'this.#tickMs = tickMs;\n    this.#seenMs = clock.localMs();',
    'this.#tickMs = tickMs;\n    this.#seenMs = clock.localMs() - 3;',
  ),
  instead('every link a ms slower', NETWORK, '1 + stream.choose(BASE_DELAY_KEY', '2 + stream.choose(BASE_DELAY_KEY'),
  instead('operators and clients farther away', NETWORK, 'fill(OUTSIDE_DELAY_MS)', 'fill(OUTSIDE_DELAY_MS + 2)'),
  instead(
    'events of one moment last first',
    'src/sim/kernel/wheel.ts',
    'const tail = this.#tail[slot]!;',
    `if (level === 0) {
        const first = this.#head[slot]!;
        this.#next[handle] = first;
        this.#previous[first] = handle;
        this.#previous[handle] = NIL;
        this.#head[slot] = handle;
        return;
      }
      const tail = this.#tail[slot]!;`,
  ),
  instead('processes take longer to boot', 'src/sim/world/process.ts', 'const BOOT_MS = 10;', 'const BOOT_MS = 17;'),
  instead('restarts take longer', STEPS, '[10, 40, 150, 400]', '[13, 46, 161, 420]'),
  instead('operators look for a leader more often', STEPS, 'const POLL_MS = 10;', 'const POLL_MS = 7;'),
  instead(
    'operators pause a little longer',
    DRIVER,
    '[Infinity, 1, 3, 8, 20, 50, 120, 300]',
    '[Infinity, 2, 4, 9, 22, 54, 127, 310]',
  ),
  instead('steps of the plan looked for more often', DRIVER, 'const WAIT_MS = 10;', 'const WAIT_MS = 6;'),
  instead(
    'a refused membership change tried again sooner',
    'src/sim/world/membership.ts',
    'RETRY_MS = 100;',
    'RETRY_MS = 60;',
  ),
];

/** Changes that were written when tapes were as sturdy as they are: nothing was tuned on them. */
export const HELD_OUT: readonly Change[] = [
  instead('heartbeats less often', WORLD, 'const HEARTBEATS_PER_TIMEOUT = 5;', 'const HEARTBEATS_PER_TIMEOUT = 3;'),
  instead(
    'links half as slow',
    NETWORK,
    '1 + stream.choose(BASE_DELAY_KEY, BASE_DELAYS)',
    '1 + (stream.choose(BASE_DELAY_KEY, BASE_DELAYS) >> 1)',
  ),
  instead(
    'steps of the plan known by other paths',
    DRIVER,
    "openPlan(plan, '0', draw)",
    "openPlan(plan, 'plan', draw)",
  ),
  instead(
    'messages known by their sender as well',
    NETWORK,
    'let h = mix(SEEDLING, (group << 8) | m.type);',
    'let h = mix(mix(SEEDLING, m.from), (group << 8) | m.type);',
  ),
  instead('the last node times out first', DRAWS, '3 * (node - 1)) % range;', '3 * (64 - node)) % range;'),
  instead('operators believe later that nothing is outstanding', STEPS, 'quiet < 3', 'quiet < 8'),
];
