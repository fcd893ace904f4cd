// Drives recorded cases of the admin service through the method table, bytes in and bytes out: the request is encoded,
// the handler runs in virtual time, the response or the refusal comes back with the text a client sees. Every array of
// the corpus whose cases name an RPC is a section; cases, wiring words and steps not known here fail.
import { StatusError, codeName } from '../../base/errors.ts';
import { encryptionAdmin } from '../../admin/encryption-admin.ts';
import { bindEncryptionAdmin } from '../../admin/service.ts';
import type { BoundMethod } from '../../admin/service.ts';
import { validateWiring } from '../../admin/wiring.ts';
import { AdminWorld } from './admin-world.ts';
import type { AdminCorpus, ProposedEntry, WiringWords } from './admin-world.ts';
import type { CaseResult } from './case-result.ts';
import { compareErrorText } from './compare.ts';

interface Step {
  readonly rpc?: string;
  readonly code?: string;
  readonly message?: string;
  readonly response?: object;
  readonly request?: object;
  readonly request_description?: string;
  readonly proposed?: readonly ProposedEntry[];
  readonly barrier_calls?: readonly string[];
  readonly caller_deadline_ms?: number;
  readonly wiring_change?: string;
  readonly sentinel?: string;
}
interface Case extends Step {
  readonly name?: string;
  readonly wiring: WiringWords;
  readonly steps?: readonly Step[];
  readonly ok?: boolean;
  readonly error?: string;
}
interface Corpus extends AdminCorpus {
  readonly valid_requests: Readonly<Record<string, object>>;
}

/** The sentinels a refusal may wrap, told by their texts. */
const SENTINEL_TEXTS: readonly (readonly [string, RegExp])[] = [
  ['ErrEncryptionNotBootstrapped', /: cluster not bootstrapped /],
  ['ErrLocalEpochOutOfRange', /local_epoch=\d+ exceeds the §4\.1 16-bit bound/],
];

/** How long a call may wait in virtual milliseconds when its case names no deadline. */
const DEADLINE_MS = 10_000;

/** Runs every case of an `admin.json`. */
export function runAdmin(json: unknown): CaseResult[] {
  const corpus = json as Corpus & Record<string, unknown>;
  const results: CaseResult[] = [];
  for (const section of Object.keys(corpus)) {
    const cases = corpus[section];
    if (!Array.isArray(cases)) continue;
    (cases as Case[]).forEach((c, i) => {
      const name = `${section}[${i}]${c.name === undefined ? '' : ` ${c.name}`}${c.rpc === undefined ? '' : ` ${c.rpc}`}`;
      results.push({ name, problem: problemOf(() => runCase(corpus, c)) });
    });
  }
  return results;
}

function problemOf(run: () => string | null): string | null {
  try {
    return run();
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

function runCase(corpus: Corpus, c: Case): string | null {
  const foreignRow = /\(row full_node_id=(\d+),/.exec(c.message ?? '')?.[1] ?? null;
  const world = new AdminWorld(corpus, c.wiring, foreignRow);
  if (c.ok !== undefined) return differs('validate', c.error ?? null, validateWiring(world.wiring));
  const table = bindEncryptionAdmin(encryptionAdmin(world.wiring));
  if (c.steps === undefined) return runStep(corpus, world, table, c, c.name ?? '');
  for (const [i, step] of c.steps.entries()) {
    const problem = step.wiring_change === undefined ? runStep(corpus, world, table, step, '') : change(world, step);
    if (problem !== null) return `step ${i}: ${problem}`;
  }
  return null;
}

function change(world: AdminWorld, step: Step): null {
  world.change(step.wiring_change as string);
  return null;
}

function runStep(
  corpus: Corpus,
  world: AdminWorld,
  table: readonly BoundMethod[],
  step: Step,
  caseName: string,
): string | null {
  const bound = table.find((b) => b.method.name === step.rpc);
  if (bound === undefined) return `unknown rpc ${step.rpc}`;
  const context = world.context(step.caller_deadline_ms ?? DEADLINE_MS);
  if (caseName.endsWith('context-already-canceled')) context.finish('canceled');
  if (caseName.endsWith('context-already-expired')) context.finish('deadline');
  world.proposed.length = 0;
  world.barrierCalls.length = 0;
  const request = bound.method.encodeRequest(requestOf(corpus, step));
  const answer = callOnce(world, bound, request, context);
  return (
    compareAnswer(step, answer) ??
    differs('proposed', step.proposed ?? [], world.proposed) ??
    differs('barrier_calls', step.barrier_calls ?? [], world.barrierCalls)
  );
}

interface CallAnswer {
  readonly code: string;
  readonly message: string;
  readonly response: object | null;
}

function callOnce(
  world: AdminWorld,
  bound: BoundMethod,
  request: Uint8Array,
  context: ReturnType<AdminWorld['context']>,
): CallAnswer {
  try {
    const bytes = world.time.run(bound.call(request, context));
    return { code: 'OK', message: '', response: bound.method.decodeResponse(bytes) };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { code: codeName(error.code), message: error.message, response: null };
  }
}

function requestOf(corpus: Corpus, step: Step): object {
  if (step.request !== undefined) return fromJson(step.request);
  const valid = corpus.valid_requests[step.rpc ?? ''];
  if (valid === undefined) throw new TypeError(`no valid request for ${step.rpc}`);
  if (step.request_description === undefined) return fromJson(valid);
  const writers = /^valid request with (\d+) writers, full_node_id = 1\.\.\1$/.exec(step.request_description)?.[1];
  if (writers === undefined) throw new TypeError(`unknown request ${JSON.stringify(step.request_description)}`);
  const writer_batch = Array.from({ length: Number(writers) }, (_, i) => ({
    full_node_id: String(i + 1),
    local_epoch: 0,
  }));
  return { ...fromJson(valid), writer_batch };
}

/** Proto JSON writes bytes as base64; in requests they are the fields named wrapped_…. */
function fromJson(message: object): object {
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) =>
      key.startsWith('wrapped_') && typeof value === 'string' ? [key, Buffer.from(value, 'base64')] : [key, value],
    ),
  );
}

/** Where a store fails for every key, which key is read first is the real map's choice. */
function anyDek(text: string): string {
  return /: read writer registry for dek_id=\d+/.test(text) ? text.replace(/dek_id=\d+/, 'dek_id=*') : text;
}

function compareAnswer(step: Step, answer: CallAnswer): string | null {
  const code = differs('code', step.code, answer.code);
  if (code !== null) return `${code} (${answer.message})`;
  const wanted = step.message === undefined ? '' : `rpc error: code = ${step.code} desc = ${step.message}`;
  return (
    compareErrorText(anyDek(wanted), anyDek(answer.message)) ??
    differs('sentinel', step.sentinel ?? null, step.sentinel === undefined ? null : sentinelOf(answer.message)) ??
    differs('response', step.response ?? null, answer.response === null ? null : plain(answer.response))
  );
}

function sentinelOf(message: string): string | null {
  return SENTINEL_TEXTS.find(([, text]) => text.test(message))?.[0] ?? null;
}

/** Bytes as base64 and keys in order, as proto JSON has them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, plain(v)]));
}

function differs(what: string, wanted: unknown, got: unknown): string | null {
  const left = canonical(wanted);
  const right = canonical(got);
  return left === right ? null : `${what}: want ${left}, got ${right}`;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}
