/** The state of the generator: four 32-bit words that are not all zero. */
export type XoshiroState = readonly [number, number, number, number];

/**
 * Makes a xoshiro128** 1.1 generator (Blackman and Vigna, public domain).
 *
 * "Scrambled linear pseudorandom number generators", https://arxiv.org/abs/1805.01407;
 * https://prng.di.unimi.it/xoshiro128starstar.c
 *
 * @param state four 32-bit words, not all zero
 * @returns a function that gives the next uint32
 */
export function xoshiro128(state: XoshiroState): () => number {
  let [s0, s1, s2, s3] = state;
  return () => {
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result;
  };
}
