/**
 * Hashes 32-bit words to one (MurmurHash3_x86_32, Austin Appleby, public domain), for inputs that
 * are whole words.
 *
 * https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
 *
 * @param words [n] the message, each a 32-bit integer (little-endian order of its bytes)
 * @param seed uint32
 * @returns uint32
 */
export function murmur3(words: readonly number[], seed: number): number {
  let hash = seed | 0;
  for (const word of words) {
    let mixed = Math.imul(word, 0xcc9e2d51);
    mixed = (mixed << 15) | (mixed >>> 17);
    hash ^= Math.imul(mixed, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= 4 * words.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
