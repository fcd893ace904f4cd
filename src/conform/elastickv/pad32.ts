// The stand-in KEK of the recordings: any blob, cut or filled to 32 bytes, is a key. It lets a recorder write readable
// blobs; the real wrapper has recordings of its own.
import { DEK_BYTES } from '../../fsm/encryption/keystore.ts';
import type { KeyUnwrapper } from '../../fsm/encryption/ports.ts';
import { toHex } from '../../base/bytes.ts';
import { plain } from '../../fsm/failure.ts';

/** @param failOn the one blob, in hexadecimal, that does not unwrap */
export function pad32(failOn: string | null = null): KeyUnwrapper {
  return {
    unwrap(wrapped) {
      if (failOn !== null && toHex(wrapped) === failOn) return plain('unwrap failed');
      const dek = new Uint8Array(DEK_BYTES);
      dek.set(wrapped.subarray(0, DEK_BYTES));
      return dek;
    },
  };
}
