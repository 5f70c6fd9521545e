import { median } from '../statistics.js';
import type { Baseline } from '../types.js';
import { perGroup } from './per-group.js';

/**
 * Compares a score with the median of its group, which one extreme score does not move.
 *
 * A lone score is its own median: difference 0. With a binary reward the minority alone is moved.
 */
export function groupMedian(): Baseline {
  return perGroup(median);
}
