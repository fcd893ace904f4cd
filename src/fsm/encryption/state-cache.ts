// What the storage path asks on every write, mirrored from the sidecar so that no write reads a file. There is one per
// process, never one per group: an entry applies in the group whose log carries it, and every other group of the node
// must see the cutover at once, or it goes on writing cleartext after it.
import type { Sidecar } from './sidecar-format.ts';

/** Process-wide mirror of the sidecar; refreshed only after a durable write. @source elastickv encryption.StateCache */
export class StateCache {
  #activeStorage = 0;
  #envelopeActive = false;
  #registeredStorage = 0;

  /** Copies what the sidecar says. */
  refresh(sidecar: Sidecar): void {
    this.#activeStorage = sidecar.active.storage;
    this.#envelopeActive = sidecar.storageEnvelopeActive;
  }

  /** The active storage DEK, 0 for none. */
  get activeStorageDekId(): number {
    return this.#activeStorage;
  }

  /** True once the storage cutover applied; never false again. */
  get storageEnvelopeActive(): boolean {
    return this.#envelopeActive;
  }

  /** Notes that this process load's registration under a DEK is committed; 0 is ignored. */
  markRegistered(storageDekId: number): void {
    if (storageDekId !== 0) this.#registeredStorage = storageDekId;
  }

  /** True if this process load is registered under the DEK that is active now. */
  get registered(): boolean {
    return this.#activeStorage !== 0 && this.#registeredStorage === this.#activeStorage;
  }
}
