/** MurmurHash2 of 32 bits with seed 0, by which nginx's `split_clients` tells values apart. Not for what somebody may aim at. */

const multiplier = 0x5bd1e995;

/** @param text one character a byte */
export function murmurHash2(text: string): number {
  let hash = text.length;
  let index = 0;
  for (; index + 4 <= text.length; index += 4) {
    let word =
      text.charCodeAt(index) |
      (text.charCodeAt(index + 1) << 8) |
      (text.charCodeAt(index + 2) << 16) |
      (text.charCodeAt(index + 3) << 24);
    word = Math.imul(word, multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  if (index < text.length) {
    for (let rest = text.length - 1; rest >= index; rest--) {
      hash ^= text.charCodeAt(rest) << (8 * (rest - index));
    }
    hash = Math.imul(hash, multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return (hash ^ (hash >>> 15)) >>> 0;
}
