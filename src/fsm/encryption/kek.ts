// The key that wraps keys, read from a file only its owner can read. Type and mode are judged before the content, and
// at most 33 bytes are read: a FIFO would block the process at start for ever, a device would feed it for ever, and a
// key the whole machine can read protects nothing. Wrapping draws its nonce from the caller, so that a run replays.
import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { NO_BYTES } from '../../base/bytes.ts';
import { Failure, failure, plain, sentinel } from '../failure.ts';
import { goQuote } from '../../base/go-text.ts';
import { NONCE_BYTES, TAG_BYTES, open, seal } from './cipher.ts';
import { attempt } from './files.ts';
import type { FileStat, Files } from './files.ts';
import { DEK_BYTES } from './keystore.ts';
import type { NonceSource } from './nonce-factory.ts';
import type { KeyUnwrapper } from './ports.ts';

/** Bytes of a KEK file. */
export const KEK_BYTES = 32;
/** Bytes of a wrapped DEK: nonce, ciphertext, tag. */
export const WRAPPED_DEK_BYTES = NONCE_BYTES + DEK_BYTES + TAG_BYTES;

/** Wraps and unwraps DEKs. A wrapped DEK is bound to neither its id nor its purpose. @source elastickv kek.FileWrapper */
export class KekWrapper implements KeyUnwrapper {
  /** Where the key came from, for reports. */
  readonly name: string;
  readonly #key: KeyObject;

  /** @param kek 32 bytes */
  constructor(kek: Uint8Array, name: string) {
    this.#key = createSecretKey(kek);
    this.name = name;
  }

  /** nonce ‖ ciphertext ‖ tag. @param dek 32 bytes, anything else is refused */
  wrap(dek: Uint8Array, nonces: NonceSource): Uint8Array | Failure {
    if (dek.length !== DEK_BYTES) return plain(`kek: dek is ${dek.length} bytes, want ${DEK_BYTES}`);
    const nonce = nonces.next();
    if (nonce instanceof Failure) return nonce.within('kek: read nonce');
    const wrapped = new Uint8Array(WRAPPED_DEK_BYTES);
    wrapped.set(nonce);
    wrapped.set(seal(this.#key, nonce, dek, NO_BYTES), NONCE_BYTES);
    return wrapped;
  }

  unwrap(wrapped: Uint8Array): Uint8Array | Failure {
    if (wrapped.length !== WRAPPED_DEK_BYTES) {
      return plain(`kek: wrapped DEK is ${wrapped.length} bytes, want ${WRAPPED_DEK_BYTES}`);
    }
    const dek = open(this.#key, wrapped.subarray(0, NONCE_BYTES), wrapped.subarray(NONCE_BYTES), NO_BYTES);
    return dek ?? plain('kek: AES-GCM Open: cipher: message authentication failed');
  }
}

/** What a wrapper that was never constructed answers to every call. */
export function uninitialisedWrapper(): Failure {
  return sentinel('ErrNilFileWrapper');
}

/**
 * Loads a KEK: open, type, mode, length, in this order. `NotExist`, ErrInsecureKEKFile, or a failure of no class.
 * @source elastickv kek.NewFileWrapper
 */
export function loadKek(files: Files, path: string): KekWrapper | Failure {
  const quoted = goQuote(path);
  const stat = attempt(
    () => files.stat(path),
    (error) => {
      const text = error.message.replace(/^stat /, 'open ');
      return new Failure(error.code === 'ENOENT' ? 'NotExist' : '', `kek: open ${quoted}: ${text}`);
    },
  );
  if (stat instanceof Failure) return stat;
  if (stat.kind !== 'regular') return plain(`kek: ${quoted} is not a regular file (mode=${modeText(stat)})`);
  if ((stat.mode & 0o077) !== 0) {
    return failure('ErrInsecureKEKFile', `${quoted} has mode 0${stat.mode.toString(8)}`);
  }
  const bytes = attempt(
    () => files.read(path, KEK_BYTES + 1),
    (error) => plain(`kek: read ${quoted}: ${error.message}`),
  );
  if (bytes instanceof Failure) return bytes;
  if (bytes.length !== KEK_BYTES) {
    return plain(`kek: file ${quoted} is ${bytes.length} bytes, want exactly ${KEK_BYTES}`);
  }
  return new KekWrapper(bytes, `file:${path}`);
}

const KIND_LETTERS: Readonly<Record<FileStat['kind'], string>> = {
  regular: '-',
  directory: 'd',
  fifo: 'p',
  device: 'Dc',
  other: 'S',
};

/** Mode as Go prints it: kind letters, then nine permission letters. */
function modeText(stat: FileStat): string {
  let text = KIND_LETTERS[stat.kind];
  for (let bit = 8; bit >= 0; bit--) text += (stat.mode >> bit) & 1 ? 'xwr'.charAt(bit % 3) : '-';
  return text;
}
