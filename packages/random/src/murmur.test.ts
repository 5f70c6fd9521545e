import { expect, test } from 'vitest';
import { murmur3 } from './murmur.js';

// Test vectors of MurmurHash3_x86_32 that circulate with its ports; the bytes stand in the comments.
test.each([
  { words: [], seed: 0, hash: 0 },
  { words: [], seed: 1, hash: 0x514e28b7 },
  { words: [], seed: 0xffffffff, hash: 0x81f16f39 },
  { words: [0xffffffff], seed: 0, hash: 0x76293b50 }, // FF FF FF FF
  { words: [0x87654321], seed: 0, hash: 0xf55b516b }, // 21 43 65 87
  { words: [0x87654321], seed: 0x5082edee, hash: 0x2362f9de }, // 21 43 65 87
  { words: [0], seed: 0, hash: 0x2362f9de }, // 00 00 00 00
  { words: [0x64636261], seed: 0x9747b28c, hash: 0xf0478627 }, // "abcd"
])('murmur3 of $words with seed $seed is the published $hash', ({ words, seed, hash }) => {
  expect(murmur3(words, seed)).toBe(hash);
});

test('changing one bit of a message changes half of the hash bits', () => {
  const words = [0x01234567, 0x89abcdef, 0x0f1e2d3c];
  const before = murmur3(words, 7);
  let changed = 0;
  for (let bit = 0; bit < 96; bit++) {
    const flipped = words.map((word, i) => (i === bit >> 5 ? word ^ (1 << (bit & 31)) : word));
    const difference = (before ^ murmur3(flipped, 7)) >>> 0;
    changed += difference.toString(2).replaceAll('0', '').length;
  }
  // 96 · 32 bits, each changed with probability 1/2: mean 1536, standard deviation √768 = 27.7.
  expect(Math.abs(changed - 1536)).toBeLessThan(4 * 27.7);
});
