// Changes of the simulator that mean nothing to a run: what a maintainer does on an ordinary day. Each is a piece of text
// and what takes its place; a piece that is no longer there is an error, so that the list cannot quietly become shorter.

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

/** The changes, each applied by itself. */
export const CHANGES: readonly Change[] = [
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
