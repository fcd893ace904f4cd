// A served cluster, met by a stranger's client over loopback: one listener for each group of each node, the contract of
// the real service, and the effect of a halt that can be felt.
import test from 'ava';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ENCRYPTION_ADMIN, RAW_KV } from '../../src/admin/service.ts';
import { Folder } from './_raftgate.ts';

const BINARY = fileURLToPath(new URL('../../bin/raftgate', import.meta.url));

const SCENARIO = `import { cluster, never, open, scenario, seq, settle, start } from 'raftgate';
import { encryption } from 'raftgate/subjects/encryption';
const build = encryption.build('wired too early', {
  applies: [],
  serves: ['GetCapability', 'RegisterEncryptionWriter', 'BootstrapEncryption', 'RotateDEK'],
  config: { sidecarPath: 'enc/', kekFile: null, encryptionEnabled: false },
  gates: { wire: open },
});
const everywhere = { voters: ['n1', 'n2', 'n3'] };
export default scenario('served/early', {
  about: 'What a client of a cluster sees whose mutators are wired before anything can apply their entries.',
  cluster: cluster({ nodes: ['n1', 'n2', 'n3'], groups: { g1: everywhere, g2: everywhere } }),
  plan: seq(start(build), settle()),
  properties: [never('nothing is judged', () => false)],
});
`;

interface Served {
  readonly child: ChildProcess;
  readonly addresses: ReadonlyMap<string, string>;
  /** Resolves at the first line that matches. */
  readonly line: (pattern: RegExp) => Promise<string>;
}

/** Starts a server on ports of its own and waits for its six addresses. */
async function serve(folder: Folder, portBase: number): Promise<Served> {
  const child = spawn(process.execPath, [BINARY, 'serve', 'served/early', '--port-base', String(portBase)], {
    cwd: folder.path,
  });
  process.on('exit', () => child.kill());
  const seen: string[] = [];
  const wanted: { pattern: RegExp; resolve: (line: string) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    seen.push(line);
    for (const want of wanted) if (want.pattern.test(line)) want.resolve(line);
  });
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const found = seen.find((one) => pattern.test(one));
      if (found === undefined) wanted.push({ pattern, resolve });
      else resolve(found);
      const fail = (): void => reject(new RangeError(`no line ${String(pattern)} among:\n${seen.join('\n')}`));
      setTimeout(fail, 30_000).unref();
      child.once('exit', fail);
    });
  await line(/^n3\/g2 /);
  const addresses = new Map(seen.map((one) => one.split(' ') as [string, string]));
  return { child, addresses, line };
}

/** A unary call by name. */
function call(address: string, name: string, request: object): Promise<Record<string, unknown>> {
  const method = [...ENCRYPTION_ADMIN.methods, ...RAW_KV.methods].find((one) => one.name === name);
  if (method === undefined) throw new TypeError(`no method ${name}`);
  const client = new Client(address, credentials.createInsecure());
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, response?: object): void => {
      client.close();
      if (error === null) resolve(response as Record<string, unknown>);
      else reject(error);
    };
    const encode = (message: object): Buffer => Buffer.from(method.encodeRequest(message));
    const options = { deadline: Date.now() + 20_000 };
    client.makeUnaryRequest(
      method.path,
      encode,
      (bytes) => method.decodeResponse(bytes),
      request,
      new Metadata(),
      options,
      done,
    );
  });
}

test('a client polls every listener, writes, stops a group by one call, and feels it', async (t) => {
  const folder = new Folder({ 'scenarios/early.ts': SCENARIO });
  const served = await serve(folder, 53_110);
  const exit = new Promise<number | null>((resolve) => served.child.once('exit', resolve));
  try {
    t.deepEqual([...served.addresses.keys()], ['n1/g1', 'n1/g2', 'n2/g1', 'n2/g2', 'n3/g1', 'n3/g2']);
    const leader = (await served.line(/\/g1 leads$/)).trim().split(' ')[1] ?? '';
    const other = (await served.line(/\/g2 leads$/)).trim().split(' ')[1] ?? '';
    const reports = [];
    for (const address of served.addresses.values()) reports.push(await call(address, 'GetCapability', {}));
    t.is(new Set(reports.map((report) => String(report['full_node_id']))).size, 3);

    const at = (place: string): string => served.addresses.get(place) ?? '';
    const key = Buffer.from([0xff, 1]);
    await call(at(leader), 'RawPut', { key, value: Buffer.from('before') });
    const read = await call(at(leader), 'RawGet', { key });
    t.is(Buffer.from(read['value'] as Uint8Array).toString(), 'before');
    const zeros = Buffer.from([0, 1, 0]);
    const put = await call(at(leader), 'RawPut', { key: zeros, value: zeros });
    t.deepEqual(Buffer.from((await call(at(leader), 'RawGet', { key: zeros }))['value'] as Uint8Array), zeros);
    const deleted = await call(at(leader), 'RawDelete', { key: zeros });
    t.is(Number(deleted['commit_index']), Number(put['commit_index']) + 1);
    t.false((await call(at(leader), 'RawGet', { key: zeros }))['exists']);
    for (const node of ['n1', 'n2', 'n3']) t.true((await call(at(`${node}/g1`), 'RawGet', { key }))['exists'], node);

    const writers = reports.slice(0, 1).map((report) => ({ full_node_id: report['full_node_id'], local_epoch: 0 }));
    const bootstrap = {
      storage_dek_id: 1,
      raft_dek_id: 2,
      wrapped_storage_dek: Buffer.alloc(60, 1),
      wrapped_raft_dek: Buffer.alloc(60, 2),
      writer_batch: writers,
    };
    await t.throwsAsync(call(at(leader), 'BootstrapEncryption', bootstrap));
    await served.line(new RegExp(`${leader} HALT at \\d+: `));
    await t.throwsAsync(call(at(leader), 'RawPut', { key, value: Buffer.from('after') }));
    await call(at(other), 'RawPut', { key, value: Buffer.from('the other group goes on') });
  } finally {
    served.child.kill('SIGINT');
  }
  t.is(await exit, 0);
});
