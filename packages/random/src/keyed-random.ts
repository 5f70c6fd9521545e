import { keyWords } from './keyed-seed.js';
import { murmur3 } from './murmur.js';
import type { KeyPart, Random } from './types.js';
import { xoshiro128 } from './xoshiro.js';

const TWO_POW_26 = 2 ** 26;
const TWO_POW_53 = 2 ** 53;
/** Keeps the state from being all zero, in which the generator would stay. */
const NONZERO = 0x9e3779b9;

/**
 * Makes the random number generator of a key.
 *
 * The key is hashed to the 128 bits of state of a xoshiro128** generator, so that streams of
 * different keys are independent for all practical purposes and none has to be advanced to reach
 * another: episode 7 of step 100 can be drawn again without drawing anything before it.
 *
 * @param key strings and finite numbers, such as `(seed, 'sampling', step, episode, turn)`
 * @returns a generator at the start of its stream
 * @throws RangeError if a number of the key is NaN or infinite
 * @example
 * const random = keyedRandom(42, 'shuffle', 0);
 * random.integer(6); // 3
 */
export function keyedRandom(...key: readonly KeyPart[]): Random {
  const words = keyWords(key);
  const draw = xoshiro128([
    murmur3(words, 1) || NONZERO,
    murmur3(words, 2),
    murmur3(words, 3),
    murmur3(words, 4),
  ]);
  /** A uniform integer in [0, 2⁵³). */
  const bits53 = () => (draw() >>> 5) * TWO_POW_26 + (draw() >>> 6);
  const next = () => bits53() / TWO_POW_53;

  return {
    next,
    integer(n) {
      if (!Number.isInteger(n) || n < 1 || n > TWO_POW_53) {
        throw new RangeError(
          `integer: n must be an integer from 1 to 2^53, got ${String(n)}. ` +
            'The result lies in [0, n); check that the list to choose from is not empty.',
        );
      }
      // Draws past the last whole multiple of n would favour small results.
      const limit = TWO_POW_53 - (TWO_POW_53 % n);
      let value = bits53();
      while (value >= limit) value = bits53();
      return value % n;
    },
    normal() {
      // Box and Muller (1958); 1 - u lies in (0, 1], so that the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      return radius * Math.cos(2 * Math.PI * next());
    },
  };
}
