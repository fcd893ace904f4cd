// The second driver of the service's tasks: real gRPC listeners, one for each node and group. Bytes come off a socket,
// start the same task a simulated call starts, and its outcome goes back; nothing here knows what is behind `call`. A
// client that is slow or gone must not hold up the cluster behind it: a call's context ends, its task is told, and the
// socket is nobody's business but the library's. Listeners bind to loopback unless told otherwise.
import { Server, ServerCredentials, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import type { ServerUnaryCall, ServiceDefinition, UntypedServiceImplementation, sendUnaryData } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { Code, InputError, StatusError } from '../base/errors.ts';
import type { Task } from '../base/task.ts';
import { reflection } from './grpc-reflection.ts';
import type { CallContext, ContextEnd } from './ports.ts';
import { unknownService } from './service.ts';
import type { Contract, Method } from './service.ts';
import { spawn } from './waiting.ts';

/** Starts the task of one call; the request is as it came off the wire. Throws or ends in StatusError to refuse. */
export type UnaryCall = (method: Method, request: Uint8Array, ctx: CallContext) => Task<Uint8Array>;

/** A contract on a listener. Without `call` the build behind it never registered the service. */
export interface ServedContract {
  readonly contract: Contract;
  readonly call: UnaryCall | null;
}

/** One listener to open: a group of a node. */
export interface ListenerSpec {
  readonly node: string;
  readonly group: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly services: readonly ServedContract[];
}

/** How listeners are opened. */
export interface ServeOptions {
  /** Loopback unless given: the service has no authentication. */
  readonly host?: string;
  /** Called with what a task threw that is no refusal: a bug, which the client sees as Internal. */
  readonly onBug?: (error: unknown) => void;
}

/** An open listener. */
export interface Listening {
  readonly node: string;
  readonly group: string;
  /** `host:port`, as a client dials it. */
  readonly address: string;
  /** What the health service answers for this listener. */
  setServing(serving: boolean): void;
}

/** All listeners of a served cluster. */
export interface GrpcHost {
  readonly listeners: readonly Listening[];
  /** Lets calls in flight finish for at most `graceMs` (2000 by default), then closes everything. */
  stop(graceMs?: number): Promise<void>;
}

/** Largest message either way, in bytes: the real server's default. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Most calls one client connection may have in flight. */
const MAX_STREAMS = 1000;
const LOOPBACK = '127.0.0.1';
const GRACE_MS = 2000;

/** The socket side of a listener: a client that is dead does not even take a goodbye, and the library would wait for it. */
export interface Door {
  /** The port it is at. */
  readonly port: number;
  /** Lets nobody in any more. */
  shut(): void;
  /** Breaks every connection there still is. */
  cut(): void;
}

/** Opens a door; rejects with the operating system's error. @param enter is given the socket of whoever comes in */
export type OpenDoor = (host: string, port: number, enter: (socket: Duplex) => void) => Promise<Door>;

/** A two-way stream, as the library takes it. */
type Duplex = Parameters<ReturnType<Server['createConnectionInjector']>['injectConnection']>[0];

interface Open extends Listening {
  readonly server: Server;
  readonly door: Door;
}

/**
 * Opens every listener, or none: when one port cannot be bound the others are closed again.
 * @throws InputError CLI004
 */
export async function serveGrpc(
  specs: readonly ListenerSpec[],
  openDoor: OpenDoor,
  options: ServeOptions = {},
): Promise<GrpcHost> {
  const open: Open[] = [];
  // The library prints what it thinks of broken connections; whoever serves has nothing to do about it.
  setLogVerbosity(logVerbosity.NONE);
  try {
    for (const spec of specs) open.push(await listen(spec, openDoor, options));
  } catch (error) {
    for (const { server, door } of open) {
      door.shut();
      door.cut();
      server.forceShutdown();
    }
    throw error;
  }
  const stop = async (graceMs = GRACE_MS): Promise<void> => {
    await Promise.all(open.map((listener) => close(listener, graceMs)));
  };
  return { listeners: open, stop };
}

async function listen(spec: ListenerSpec, openDoor: OpenDoor, options: ServeOptions): Promise<Open> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_concurrent_streams': MAX_STREAMS,
  });
  for (const service of spec.services) addContract(server, service, options.onBug ?? (() => undefined));
  const registered = spec.services.filter((s) => s.call !== null).map((s) => s.contract.service);
  const health = new HealthImplementation();
  const setServing = (serving: boolean): void => {
    for (const name of ['', ...registered]) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  };
  setServing(true);
  health.addToServer(server);
  reflection(registered).addToServer(server);
  const host = options.host ?? LOOPBACK;
  const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
  let door: Door;
  try {
    door = await openDoor(host, spec.port, (socket) => connections.injectConnection(socket));
  } catch (error) {
    const why = error instanceof Error ? reason(error) : String(error);
    const at = `${bracketed(host)}:${spec.port}`;
    throw new InputError('CLI004', `${spec.node}/${spec.group}: cannot listen on ${at}: ${why}`);
  }
  return { node: spec.node, group: spec.group, address: `${bracketed(host)}:${door.port}`, setServing, server, door };
}

/** The operating system's own word, without the library's wrapping. */
function reason(error: Error): string {
  return /E[A-Z]{3,}/.exec(error.message)?.[0] ?? error.message;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

async function close(listener: Open, graceMs: number): Promise<void> {
  listener.setServing(false);
  listener.door.shut();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      listener.server.forceShutdown();
      resolve();
    }, graceMs);
    listener.server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  listener.door.cut();
}

/** A service the build never registered still answers, with the words of the real server. */
function addContract(server: Server, served: ServedContract, onBug: (error: unknown) => void): void {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const method of served.contract.methods) {
    definition[method.name] = rawMethod(method);
    implementation[method.name] = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
      if (served.call === null) replyWith(reply, unknownService(served.contract.service), onBug);
      else answer(served.call, method, call, reply, onBug);
    };
  }
  server.addService(definition, implementation);
}

/** Bytes in, bytes out: the table's own codecs decide what a request is. */
function rawMethod(method: Method): ServiceDefinition[string] {
  const asIs = (bytes: Buffer): Buffer => bytes;
  return {
    path: method.path,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

function answer(
  start: UnaryCall,
  method: Method,
  call: ServerUnaryCall<Buffer, Buffer>,
  reply: sendUnaryData<Buffer>,
  onBug: (error: unknown) => void,
): void {
  const context = new GrpcContext(call);
  spawn(start(method, call.request, context), (outcome) => {
    context.close();
    if ('error' in outcome) replyWith(reply, outcome.error, onBug);
    else reply(null, Buffer.from(outcome.value));
  });
}

function replyWith(reply: sendUnaryData<Buffer>, error: unknown, onBug: (error: unknown) => void): void {
  if (error instanceof StatusError) {
    reply({ code: error.code, details: error.message });
    return;
  }
  reply({ code: Code.Internal, details: 'internal error of the simulator' });
  onBug(error);
}

/** A caller's deadline and cancellation, in the host's time. */
class GrpcContext implements CallContext {
  #end: ContextEnd | null = null;
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(call: ServerUnaryCall<Buffer, Buffer>) {
    const deadlineMs = Number(call.getDeadline());
    const passed = (): boolean => Date.now() >= deadlineMs;
    // The library answers a late call by itself but tells the handler only when the stream is gone.
    if (Number.isFinite(deadlineMs)) {
      this.#timer = setTimeout(() => this.#finish('deadline'), Math.max(0, deadlineMs - Date.now()));
      // A call that a stopped server left behind keeps no process alive.
      this.#timer.unref();
    }
    call.on('cancelled', () => this.#finish(passed() ? 'deadline' : 'canceled'));
  }

  end(): ContextEnd | null {
    return this.#end;
  }

  onEnd(wake: () => void): () => void {
    if (this.#end !== null) {
      wake();
      return () => undefined;
    }
    this.#waiting.push(wake);
    return () => {
      this.#waiting = this.#waiting.filter((w) => w !== wake);
    };
  }

  /** The call is answered: nothing may wake it any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #finish(end: ContextEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
