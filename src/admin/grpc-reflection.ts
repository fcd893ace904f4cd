// Server reflection for contracts without a package, with the library's two faults mended on the way in and out: it
// writes map entries under a name protobuf does not allow, and lists a service without a package behind a leading dot.
// Either makes a stranger's client say that the server has no such service, at a listener that serves it well.
import { loadSync } from '@grpc/proto-loader';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { protoPath as healthProtoPath } from 'grpc-health-check';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import type { IDescriptorProto, IFileDescriptorProto } from 'protobufjs/ext/descriptor/index.js';
import { fileURLToPath } from 'node:url';

/** What the library keeps of its two protocol versions; the keys are full names. */
interface Tables {
  readonly symbols: Record<string, unknown>;
  readonly services: Record<string, unknown>;
}

/** A reflection service that lists exactly `services` (and the health service). */
export function reflection(services: readonly string[]): ReflectionService {
  const service = new ReflectionService(definition());
  const { v1, v1Alpha } = service as unknown as { readonly v1: Tables; readonly v1Alpha: Tables };
  const listed = new Set([...services, 'grpc.health.v1.Health']);
  for (const tables of [v1, v1Alpha]) {
    withoutLeadingDot(tables.symbols);
    withoutLeadingDot(tables.services);
    for (const name of Object.keys(tables.services)) if (!listed.has(name)) delete tables.services[name];
  }
  return service;
}

/** Both contracts in one load: two files without a package would otherwise share a name, and one would be dropped. */
function definition(): PackageDefinition {
  const own = ['encryption-admin.proto', 'raw-kv.proto'].map((file) =>
    fileURLToPath(new URL(`../../src/admin/${file}`, import.meta.url)),
  );
  const loaded = loadSync([...own, healthProtoPath], { keepCase: true });
  const mended = new Map<Buffer, Buffer>();
  for (const part of Object.values(loaded)) {
    const files = (part as { fileDescriptorProtos?: Buffer[] }).fileDescriptorProtos ?? [];
    files.forEach((bytes, i) => {
      const done = mended.get(bytes) ?? mendMapEntries(bytes);
      mended.set(bytes, done);
      files[i] = done;
    });
  }
  return loaded;
}

function mendMapEntries(bytes: Buffer): Buffer {
  const file = descriptor.FileDescriptorProto.decode(bytes) as unknown as IFileDescriptorProto;
  const scope = file.package === undefined || file.package === null || file.package === '' ? '' : `.${file.package}`;
  for (const message of file.messageType ?? []) mendMessage(message, scope);
  return Buffer.from(descriptor.FileDescriptorProto.encode(file as never).finish());
}

/** `wrapped_deks_by_id` has the entry type `WrappedDeksByIdEntry`: nothing else is accepted for a map. */
function mendMessage(message: IDescriptorProto, scope: string): void {
  const name = `${scope}.${message.name}`;
  for (const nested of message.nestedType ?? []) {
    if (nested.options?.mapEntry !== true) {
      mendMessage(nested, name);
      continue;
    }
    const was = nested.name;
    const field = message.field?.find((f) => f.typeName === was);
    if (field?.name === undefined || field.name === null) continue;
    nested.name = entryName(field.name);
    field.typeName = `${name}.${nested.name}`;
  }
}

function entryName(field: string): string {
  const words = field.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Entry`;
}

function withoutLeadingDot(table: Record<string, unknown>): void {
  for (const key of Object.keys(table)) {
    if (!key.startsWith('.')) continue;
    table[key.slice(1)] = table[key];
    delete table[key];
  }
}
