import type { Random } from './types.js';

/**
 * Shuffles a copy of a list, every order equally likely (Fisher and Yates).
 *
 * @param items [n] left as it is
 * @param random where the draws come from; n - 1 integers are drawn
 * @returns [n] the same items in a random order
 * @example
 * shuffled(['a', 'b', 'c'], keyedRandom(42, 'epoch', 0)); // ['a', 'c', 'b']
 */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const order = Array.from(items);
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = random.integer(last + 1);
    [order[last], order[chosen]] = [order[chosen] as Item, order[last] as Item];
  }
  return order;
}
