// The contracts as tables: for every RPC its name, its path and its codecs, loaded from the .proto files at start. The
// simulated link and the real socket both send bytes through this table, so a message that would not survive the wire
// does not survive the simulation either. A request that cannot be decoded is answered as the real server answers it.
import { loadSync } from '@grpc/proto-loader';
import type { PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';
import { assert } from '../base/assert.ts';
import { Code, StatusError, codeName } from '../base/errors.ts';
import type { Task } from '../base/task.ts';
import { ENCRYPTION_RPCS } from './encryption-admin.ts';
import type { EncryptionAdmin, EncryptionRpc, Handler } from './encryption-admin.ts';
import type { CallContext } from './ports.ts';

/** One RPC of a contract. Decoders throw the codec's own errors. */
export interface Method {
  readonly name: string;
  /** `/EncryptionAdmin/GetCapability`: the contracts have no package. */
  readonly path: string;
  encodeRequest(message: object): Uint8Array;
  decodeRequest(bytes: Uint8Array): object;
  encodeResponse(message: object): Uint8Array;
  decodeResponse(bytes: Uint8Array): object;
}

/** A contract: its service name, its methods in order, and the definition reflection is built from. */
export interface Contract {
  readonly service: string;
  readonly methods: readonly Method[];
  readonly definition: PackageDefinition;
}

/** A method bound to a handler: bytes in, bytes out. */
export interface BoundMethod {
  readonly method: Method;
  /** @throws StatusError the refusal with the text a client sees, prefix included */
  call(request: Uint8Array, ctx: CallContext): Task<Uint8Array>;
}

/** The eight RPCs. @source admin.md §1 */
export const ENCRYPTION_ADMIN: Contract = loadContract('encryption-admin.proto', 'EncryptionAdmin', ENCRYPTION_RPCS);

/** Put, get and delete of raw keys. */
export const RAW_KV: Contract = loadContract('raw-kv.proto', 'RawKV', ['RawPut', 'RawGet', 'RawDelete']);

function loadContract(file: string, service: string, names: readonly string[]): Contract {
  // The .proto files are not compiled: from dist/ they are still read from src/.
  const path = fileURLToPath(new URL(`../../src/admin/${file}`, import.meta.url));
  const definition = loadSync(path, { keepCase: true, longs: String, enums: String, defaults: true });
  const methods = definition[service] as ServiceDefinition;
  return { service, methods: names.map((name) => methodOf(methods, name)), definition };
}

function methodOf(service: ServiceDefinition, name: string): Method {
  const d = service[name];
  assert(d !== undefined, 'ADMIN_CONTRACT', () => `the contract has no rpc ${name}`);
  return {
    name,
    path: d.path,
    encodeRequest: (message) => d.requestSerialize(message),
    decodeRequest: (bytes) => d.requestDeserialize(asBuffer(bytes)),
    encodeResponse: (message) => d.responseSerialize(message),
    decodeResponse: (bytes) => d.responseDeserialize(asBuffer(bytes)),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Binds the table to one server's handlers, in the order of the contract. */
export function bindEncryptionAdmin(admin: EncryptionAdmin): readonly BoundMethod[] {
  return ENCRYPTION_ADMIN.methods.map((method) =>
    bind(method, admin[method.name as EncryptionRpc] as Handler<object, object>, onTheWire),
  );
}

/**
 * Binds one method: decode, handle, encode.
 * @param refusal what a client is shown of a refusal; as it is, unless the service has a rule of its own
 */
export function bind(
  method: Method,
  handler: Handler<object, object>,
  refusal: (thrown: StatusError) => StatusError = (thrown) => thrown,
): BoundMethod {
  return {
    method,
    *call(bytes, ctx) {
      let request: object;
      try {
        request = method.decodeRequest(bytes);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new StatusError(Code.Internal, `grpc: error unmarshalling request: ${why}`);
      }
      try {
        return method.encodeResponse(yield* handler(request, ctx));
      } catch (error) {
        throw error instanceof StatusError ? refusal(error) : error;
      }
    },
  };
}

/**
 * What a client sees of a handler's refusal: the handler returns a wrapped status, so the text says the code once more.
 * Unimplemented is the framework's own answer and is not wrapped.
 * @source admin.md §1
 */
export function onTheWire(refusal: StatusError): StatusError {
  if (refusal.code === Code.Unimplemented) return refusal;
  return new StatusError(refusal.code, `rpc error: code = ${codeName(refusal.code)} desc = ${refusal.message}`);
}

/** What a server answers for a service its build never registered. */
export function unknownService(service: string): StatusError {
  return new StatusError(Code.Unimplemented, `unknown service ${service}`);
}

/** What a server answers for an RPC its build knows and does not implement. */
export function notImplemented(rpc: string): StatusError {
  return new StatusError(Code.Unimplemented, `method ${rpc} not implemented`);
}

/** What a server answers for an RPC its build's contract does not have. */
export function unknownMethod(service: string, rpc: string): StatusError {
  return new StatusError(Code.Unimplemented, `unknown method ${rpc} for service ${service}`);
}
