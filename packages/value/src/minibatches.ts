import { type Random, shuffled } from '@grpo/random';

/**
 * Splits units in a random order into the fewest minibatches of at most a size.
 * Their sizes differ by at most one, so that no optimizer step hangs on a small rest.
 *
 * @param count units
 * @param size most units of a minibatch, a positive integer
 * @param random where the order comes from
 * @returns the units 0 to count − 1, each once
 * @throws if the size is not a positive integer
 * @example minibatches(5, 2, keyedRandom(42)).map((units) => units.length) // [1, 2, 2]
 */
export function minibatches(count: number, size: number, random: Random): number[][] {
  const units = Array.from({ length: count }, (_, unit) => unit);
  return split(shuffled(units, random), size);
}

/**
 * Splits a list, in its order, into the fewest parts of at most a size, with lengths that differ by at most one.
 *
 * @throws if the size is not a positive integer
 */
export function split<Item>(items: readonly Item[], size: number): Item[][] {
  if (!(Number.isInteger(size) && size > 0)) {
    throw new Error(
      `minibatches: needs a size that is a positive integer, got ${size}. Pass how many units go into one step.`,
    );
  }
  const parts = Math.ceil(items.length / size);
  const at = (part: number) => Math.floor((part * items.length) / parts);
  return Array.from({ length: parts }, (_, part) => items.slice(at(part), at(part + 1)));
}
