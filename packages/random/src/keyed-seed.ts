import { murmur3 } from './murmur.js';
import type { KeyPart } from './types.js';

const NUMBER_TAG = 1;
const STRING_TAG = 2;

/**
 * Spells a key as 32-bit words, so that different keys have different spellings: every part starts
 * with its kind, and a string also with its length. -0 is spelled as 0.
 */
export function keyWords(key: readonly KeyPart[]): readonly number[] {
  const words: number[] = [];
  const bits = new DataView(new ArrayBuffer(8));
  for (const part of key) {
    if (typeof part === 'string') {
      words.push(STRING_TAG, part.length);
      for (let i = 0; i < part.length; i += 2) {
        // Past an odd end, charCodeAt gives NaN, which the bit operators read as 0.
        words.push(part.charCodeAt(i) | (part.charCodeAt(i + 1) << 16));
      }
    } else if (Number.isFinite(part)) {
      bits.setFloat64(0, part + 0);
      words.push(NUMBER_TAG, bits.getInt32(0), bits.getInt32(4));
    } else {
      throw new RangeError(
        `keyedSeed: every part of a key must be a string or a finite number, got ${String(part)} in ` +
          `[${key.map((each) => (typeof each === 'string' ? JSON.stringify(each) : String(each))).join(', ')}]. ` +
          'Check where that number comes from.',
      );
    }
  }
  return words;
}

/**
 * Computes the seed of a key: a uint32 for whatever takes one, such as `Env.reset`.
 *
 * The parts keep their kinds and their borders: `('a', 'b')` is another key than `('ab')`, and `1`
 * another than `'1'`. Two keys share a seed with probability 2⁻³²; where streams of numbers are
 * wanted, `keyedRandom` uses 128 bits of the key instead.
 *
 * @param key strings and finite numbers, such as `(seed, 'env', step, episode)`
 * @returns uint32
 * @throws RangeError if a number is NaN or infinite
 * @example
 * keyedSeed(42, 'env', 0, 3); // 3822989561
 */
export function keyedSeed(...key: readonly KeyPart[]): number {
  return murmur3(keyWords(key), 0);
}
