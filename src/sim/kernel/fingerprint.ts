// Fingerprints of what is decided. A choice is known on a tape by the content it is about, not by how many draws came
// before it: a message that a shrunk run no longer sends must not hand its fate to the next one.

/** Starts a fingerprint. */
export const SEEDLING = 0x2c1b3c6d;

/** Folds one more integer into an int32 fingerprint; every bit of both reaches every bit of the result. */
export function mix(fingerprint: number, value: number): number {
  return scramble(Math.imul(fingerprint ^ value, 0x9e3779b1) ^ (fingerprint >>> 15));
}

/** A bijection of int32 in which each input bit flips each output bit half of the time. @source MurmurHash3 fmix32 */
export function scramble(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** An int32 fingerprint of a text's code units. */
export function hashText(text: string): number {
  let h = SEEDLING ^ text.length;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return scramble(h);
}
