// A real server and a real client: what a stranger's program sees of the admin service, over sockets. Behind each
// listener stands a full wiring in memory, so that refusals, responses and the texts on the wire are the real ones.
import { Client, Metadata, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import test from 'ava';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../../src/base/errors.ts';
import { deriveNodeId } from '../../src/admin/node-id.ts';
import { encryptionAdmin } from '../../src/admin/encryption-admin.ts';
import { MAX_MESSAGE_BYTES, serveGrpc } from '../../src/admin/grpc-server.ts';
import type { GrpcHost, ListenerSpec, UnaryCall } from '../../src/admin/grpc-server.ts';
import { ENCRYPTION_ADMIN, RAW_KV, bind, bindEncryptionAdmin } from '../../src/admin/service.ts';
import type { BoundMethod, Method } from '../../src/admin/service.ts';
import { once, orEnd } from '../../src/admin/waiting.ts';
import { sidecarFile } from '../../src/admin/sidecar-file.ts';
import { bareWiring } from '../../src/admin/wiring.ts';
import type { Wiring } from '../../src/admin/wiring.ts';
import { openDoor } from '../../src/cli/door.ts';
import { MemoryFiles } from '../../src/fsm/encryption/memory-files.ts';

const STILL = { nowMs: () => 0, after: () => () => undefined };
const NODES = ['n1', 'n2', 'n3'];
const GROUPS = ['g1', 'g2'];

function tableCall(table: readonly BoundMethod[]): UnaryCall {
  return (method, request, ctx) => {
    const bound = table.find((b) => b.method === method);
    if (bound === undefined) throw new TypeError(`no handler for ${method.path}`);
    return bound.call(request, ctx);
  };
}

function wiring(node: string, withPath: boolean): Wiring {
  const base = { ...bareWiring(deriveNodeId(node), STILL), buildSha: 'sha-1' };
  return withPath ? { ...base, sidecar: sidecarFile(new MemoryFiles(), '/enc/keys.json') } : base;
}

function spec(node: string, group: string, w: Wiring): ListenerSpec {
  const call = tableCall(bindEncryptionAdmin(encryptionAdmin(w)));
  return { node, group, port: 0, services: [{ contract: ENCRYPTION_ADMIN, call }] };
}

/** A client of a compiled contract: codecs from the .proto alone, none of ours. */
function unary(address: string, method: Method, request: object, timeoutMs = 5000): Promise<object> {
  const client = new Client(address, credentials.createInsecure());
  return new Promise<object>((resolve, reject) => {
    const encode = (message: object): Buffer => Buffer.from(method.encodeRequest(message));
    const options = { deadline: Date.now() + timeoutMs };
    const done = (error: ServiceError | null, response?: object): void => {
      client.close();
      if (error === null) resolve(response as object);
      else reject(error);
    };
    client.makeUnaryRequest(
      method.path,
      encode,
      (b) => method.decodeResponse(b),
      request,
      new Metadata(),
      options,
      done,
    );
  });
}

function rpc(name: string): Method {
  const method = [...ENCRYPTION_ADMIN.methods, ...RAW_KV.methods].find((m) => m.name === name);
  if (method === undefined) throw new TypeError(name);
  return method;
}

async function refusal(call: Promise<object>): Promise<{ code: number; details: string }> {
  try {
    await call;
  } catch (error) {
    const { code, details } = error as ServiceError;
    return { code, details };
  }
  return { code: 0, details: '' };
}

async function serving(specs: readonly ListenerSpec[], use: (host: GrpcHost) => Promise<void>): Promise<void> {
  const host = await serveGrpc(specs, openDoor);
  try {
    await use(host);
  } finally {
    await host.stop();
  }
}

test('full method names have no package', (t) => {
  t.deepEqual(
    ENCRYPTION_ADMIN.methods.map((m) => m.path),
    [
      '/EncryptionAdmin/GetCapability',
      '/EncryptionAdmin/GetSidecarState',
      '/EncryptionAdmin/BootstrapEncryption',
      '/EncryptionAdmin/RotateDEK',
      '/EncryptionAdmin/RegisterEncryptionWriter',
      '/EncryptionAdmin/ResyncSidecar',
      '/EncryptionAdmin/EnableStorageEnvelope',
      '/EncryptionAdmin/EnableRaftEnvelope',
    ],
  );
});

test('every listener of three nodes with two groups answers its own capability', async (t) => {
  const specs = NODES.flatMap((node) => GROUPS.map((group) => spec(node, group, wiring(node, node !== 'n3'))));
  await serving(specs, async (host) => {
    t.is(new Set(host.listeners.map((l) => l.address)).size, 6);
    for (const { node, address } of host.listeners) {
      t.true(address.startsWith('127.0.0.1:'));
      const capable = node !== 'n3';
      t.deepEqual(await unary(address, rpc('GetCapability'), {}), {
        encryption_capable: capable,
        build_sha: 'sha-1',
        sidecar_present: false,
        full_node_id: capable ? deriveNodeId(node) : '0',
        local_epoch: 0,
      });
    }
  });
});

test('a refusal reaches the client with its code and the wrapped text', async (t) => {
  await serving([spec('n1', 'g1', wiring('n1', true))], async ({ listeners: [listener] }) => {
    const address = listener?.address ?? '';
    t.deepEqual(await refusal(unary(address, rpc('RotateDEK'), {})), {
      code: 9,
      details: 'rpc error: code = FailedPrecondition desc = encryption: proposer is not configured on this node',
    });
    t.deepEqual(await refusal(unary(address, rpc('ResyncSidecar'), {})), {
      code: 3,
      details: 'rpc error: code = InvalidArgument desc = encryption: caller_full_node_id must be non-zero',
    });
  });
});

test('a service the build never registered is unknown', async (t) => {
  const silent: ListenerSpec = {
    node: 'n1',
    group: 'g1',
    port: 0,
    services: [{ contract: ENCRYPTION_ADMIN, call: null }],
  };
  await serving([silent], async ({ listeners: [listener] }) => {
    t.deepEqual(await refusal(unary(listener?.address ?? '', rpc('GetCapability'), {})), {
      code: 12,
      details: 'unknown service EncryptionAdmin',
    });
  });
});

test('bytes that are no request are refused and the listener goes on', async (t) => {
  await serving([spec('n1', 'g1', wiring('n1', true))], async ({ listeners: [listener] }) => {
    const address = listener?.address ?? '';
    const method = rpc('RotateDEK');
    const garbage = { ...method, encodeRequest: () => Uint8Array.of(0x12, 0xff) };
    const { code, details } = await refusal(unary(address, garbage, {}));
    t.is(code, 13);
    t.regex(details, /^grpc: error unmarshalling request: /);
    t.like(await unary(address, rpc('GetCapability'), {}), { encryption_capable: true });
  });
});

test('a request over the size limit never reaches a handler', async (t) => {
  await serving([spec('n1', 'g1', wiring('n1', true))], async ({ listeners: [listener] }) => {
    const request = { wrapped_new_dek: Buffer.alloc(MAX_MESSAGE_BYTES + 1) };
    const { code } = await refusal(unary(listener?.address ?? '', rpc('RotateDEK'), request));
    t.is(code, 8);
  });
});

test('a caller that leaves ends its context, and its task is closed', async (t) => {
  let begun: () => void = () => undefined;
  let closed: (end: string) => void = () => undefined;
  const started = new Promise<void>((resolve) => (begun = resolve));
  const ended = new Promise<string>((resolve) => (closed = resolve));
  const call: UnaryCall = function* (_method, _request, ctx) {
    try {
      yield* orEnd(ctx, once(begun));
      return new Uint8Array(0);
    } finally {
      closed(ctx.end() ?? 'alive');
    }
  };
  const listening: ListenerSpec = {
    node: 'n1',
    group: 'g1',
    port: 0,
    services: [{ contract: ENCRYPTION_ADMIN, call }],
  };
  await serving([listening], async ({ listeners: [listener] }) => {
    const client = new Client(listener?.address ?? '', credentials.createInsecure());
    const asIs = (bytes: Buffer): Buffer => bytes;
    const code = new Promise<number>((resolve) => {
      const sent = client.makeUnaryRequest(rpc('GetCapability').path, asIs, asIs, Buffer.alloc(0), (error) => {
        client.close();
        resolve(error?.code ?? 0);
      });
      void started.then(() => sent.cancel());
    });
    t.is(await code, 1);
    t.is(await ended, 'canceled');
  });
});

test("a deadline that passes is the caller's own code, and the handler is told", async (t) => {
  let closed: (end: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (closed = resolve));
  const call: UnaryCall = function* (_method, _request, ctx) {
    try {
      yield* orEnd(
        ctx,
        once(() => undefined),
      );
      return new Uint8Array(0);
    } finally {
      closed(ctx.end() ?? 'alive');
    }
  };
  const listening: ListenerSpec = {
    node: 'n1',
    group: 'g1',
    port: 0,
    services: [{ contract: ENCRYPTION_ADMIN, call }],
  };
  await serving([listening], async ({ listeners: [listener] }) => {
    const { code } = await refusal(unary(listener?.address ?? '', rpc('GetCapability'), {}, 1500));
    t.is(code, 4);
    // The client resets its stream at its own deadline: whether that or the timer here comes first is the network's choice.
    t.true(['deadline', 'canceled'].includes(await ended));
  });
});

test('the raw key-value surface passes values and refusals as they are', async (t) => {
  const store = new Map<string, Uint8Array>();
  const table = RAW_KV.methods.map((method) =>
    bind(method, function* (request) {
      const { key, value } = request as { key: Buffer; value?: Buffer };
      if (method.name === 'RawPut') store.set(key.toString('hex'), value ?? Buffer.alloc(0));
      const found = store.get(key.toString('hex'));
      return method.name === 'RawGet' ? { exists: found !== undefined, value: found } : { success: true };
    }),
  );
  const listening: ListenerSpec = {
    node: 'n1',
    group: 'g1',
    port: 0,
    services: [{ contract: RAW_KV, call: tableCall(table) }],
  };
  await serving([listening], async ({ listeners: [listener] }) => {
    const address = listener?.address ?? '';
    const key = Buffer.from('k');
    t.like(await unary(address, rpc('RawPut'), { key, value: Buffer.from('v') }), { success: true });
    t.like(await unary(address, rpc('RawGet'), { key }), { exists: true, value: Buffer.from('v') });
    t.like(await unary(address, rpc('RawGet'), { key: Buffer.from('other') }), { exists: false });
  });
});

test('reflection lists the registered services and describes maps a client can use', async (t) => {
  await serving([spec('n1', 'g1', wiring('n1', true))], async ({ listeners: [listener] }) => {
    const answers = await reflect(listener?.address ?? '', [
      { list_services: '*' },
      { file_containing_symbol: 'EncryptionAdmin' },
      { file_containing_symbol: 'SidecarStateReport' },
    ]);
    const names = answers[0]?.list_services_response?.service.map((s) => s.name);
    t.deepEqual(names?.toSorted(), ['EncryptionAdmin', 'grpc.health.v1.Health']);
    const file = Buffer.concat(answers[2]?.file_descriptor_response?.file_descriptor_proto ?? []).toString('latin1');
    t.true(file.includes('.SidecarStateReport.WrappedDeksByIdEntry'));
    t.true(file.includes('.ResyncSidecarResponse.WriterRegistryForCallerEntry'));
    t.truthy(answers[1]?.file_descriptor_response);
  });
});

interface Reflected {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
}

async function reflect(address: string, requests: readonly object[]): Promise<Reflected[]> {
  const folder = new URL('../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/', import.meta.url);
  const definition = loadSync(new URL('reflection.proto', folder).pathname, { keepCase: true, oneofs: true });
  const grpc = loadPackageDefinition(definition) as never as {
    grpc: { reflection: { v1: { ServerReflection: new (...args: unknown[]) => Client } } };
  };
  const client = new grpc.grpc.reflection.v1.ServerReflection(address, credentials.createInsecure());
  const stream = (client as never as { ServerReflectionInfo(): NodeJS.ReadWriteStream }).ServerReflectionInfo();
  const answers: Reflected[] = [];
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (answer: Reflected) => answers.push(answer));
    stream.on('end', resolve);
    stream.on('error', reject);
    for (const request of requests) stream.write(request as never);
    stream.end();
  });
  client.close();
  return answers;
}

test('health follows the listener, and stopping is graceful', async (t) => {
  const host = await serveGrpc([spec('n1', 'g1', wiring('n1', true))], openDoor);
  const [listener] = host.listeners;
  t.is(await health(listener?.address ?? ''), 'SERVING');
  listener?.setServing(false);
  t.is(await health(listener?.address ?? ''), 'NOT_SERVING');
  await host.stop();
  const { code } = await refusal(unary(listener?.address ?? '', rpc('GetCapability'), {}, 500));
  t.true(code === 14 || code === 4);
});

async function health(address: string): Promise<string> {
  const { protoPath } = await import('grpc-health-check');
  const definition = loadSync(protoPath, { keepCase: true, enums: String });
  const Health = (loadPackageDefinition(definition) as never as { grpc: { health: { v1: { Health: never } } } }).grpc
    .health.v1.Health as new (...args: unknown[]) => Client;
  const client = new Health(address, credentials.createInsecure());
  const check = client as never as {
    Check(r: object, cb: (e: ServiceError | null, a: { status: string }) => void): void;
  };
  return new Promise((resolve, reject) => {
    check.Check({ service: 'EncryptionAdmin' }, (error, answer) => {
      client.close();
      if (error === null) resolve(answer.status);
      else reject(error);
    });
  });
}

test('a port in use is one clear error, and nothing stays open', async (t) => {
  const first = await serveGrpc([spec('n1', 'g1', wiring('n1', true))], openDoor);
  const taken = Number(first.listeners[0]?.address.split(':')[1]);
  const before = { ...spec('n2', 'g1', wiring('n2', true)), port: 0 };
  const clash = { ...spec('n2', 'g2', wiring('n2', true)), port: taken };
  const error = await t.throwsAsync(serveGrpc([before, clash], openDoor), { instanceOf: InputError });
  t.is(error.code, 'CLI004');
  t.is(error.message, `n2/g2: cannot listen on 127.0.0.1:${taken}: EADDRINUSE`);
  await first.stop();
});

test('a client that never speaks and never reads does not keep a server from stopping', async (t) => {
  const host = await serveGrpc([spec('n1', 'g1', wiring('n1', true))], openDoor);
  const dead = connect(Number(host.listeners[0]!.address.split(':')[1]), '127.0.0.1');
  const broken = new Promise<void>((resolve) => dead.once('close', () => resolve()));
  dead.on('error', () => undefined);
  await sleep(100);
  await host.stop(100);
  dead.resume();
  await broken;
  t.pass();
});
