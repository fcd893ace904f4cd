// What clients saw of each key, and whether it is linearizable. Linearizability is a property of each key by itself, so a
// history is split by key and judged at the end of the run; a key whose history is too entangled to judge is reported as
// such, since "gave up" is not "holds".
import { judgeRegister, type Operation } from './linearizability.ts';
import { KvEnd, type CheckContext, type Checker } from './probe.ts';

/** Presents the search may visit per operation, and at least. */
const BOUND_PER_OPERATION = 200;
const LEAST_BOUND = 20_000;

interface OpenOperation {
  readonly kind: 'read' | 'write';
  readonly key: string;
  readonly client: number;
  readonly group: number;
  readonly calledAt: number;
  value: string | null;
  returnedAt: number;
  failed: boolean;
}

/** Records KV operations and judges them. `name` is the scenario's name for the property. */
export class KvHistory implements Checker {
  readonly name: string;
  readonly says = 'every key reads as if operations had happened one at a time';
  /** Keys whose history could not be judged within the bound; known at the end. */
  readonly gaveUpOn: string[] = [];
  readonly #ctx: CheckContext;
  readonly #operations: OpenOperation[] = [];
  #time = 0;

  constructor(ctx: CheckContext, name: string) {
    this.#ctx = ctx;
    this.name = name;
  }

  onKvCall(op: number, client: number, group: number, key: string, value: string | null): void {
    const kind = value === null ? 'read' : 'write';
    const calledAt = ++this.#time;
    this.#operations[op] = { kind, key, client, group, calledAt, value, returnedAt: Infinity, failed: false };
  }

  onKvEnd(op: number, end: KvEnd, value: string | null): void {
    const operation = this.#operations[op];
    if (operation === undefined) return;
    if (end === KvEnd.Failed) operation.failed = true;
    if (end !== KvEnd.Ok) return;
    operation.returnedAt = ++this.#time;
    if (operation.kind === 'read') operation.value = value;
  }

  onEnd(): void {
    const byKey = new Map<string, OpenOperation[]>();
    const keys: string[] = [];
    for (const operation of this.#operations) {
      if (operation === undefined || operation.failed) continue;
      const name = `${operation.group} ${operation.key}`;
      const same = byKey.get(name);
      if (same !== undefined) same.push(operation);
      else {
        byKey.set(name, [operation]);
        keys.push(name);
      }
    }
    for (const name of keys) this.#judge(byKey.get(name)!);
  }

  #judge(history: readonly OpenOperation[]): void {
    const bound = Math.max(LEAST_BOUND, BOUND_PER_OPERATION * history.length);
    const judgement = judgeRegister(history, bound);
    const { group, key } = history[0]!;
    const where = `${this.#ctx.groups[group] ?? ''} key "${key}"`;
    if (judgement.is === 'unknown') this.gaveUpOn.push(where);
    if (judgement.is !== 'not') return;
    const { kind, value, calledAt } = judgement.at as OpenOperation;
    const { client } = judgement.at as OpenOperation;
    this.#ctx.violated(this.name, 'not-linearizable', 0, group, () => {
      const did = kind === 'read' ? `reads ${quoted(value)}` : `writes ${quoted(value)}`;
      const last = lastWriteBefore(history, calledAt);
      const after = last === null ? 'nothing was written' : `${quoted(last.value)} was written`;
      return `${where}: client ${client} ${did}, although ${after} before it asked; no order of all operations explains it`;
    });
  }
}

function lastWriteBefore(history: readonly Operation[], time: number): Operation | null {
  let last: Operation | null = null;
  for (const op of history) {
    if (op.kind === 'write' && op.returnedAt < time && op.returnedAt > (last?.returnedAt ?? 0)) last = op;
  }
  return last;
}

function quoted(value: string | null): string {
  return value === null ? 'nothing' : `"${value}"`;
}
