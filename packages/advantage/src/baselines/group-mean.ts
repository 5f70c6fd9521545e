import { mean } from '../statistics.js';
import type { Baseline } from '../types.js';
import { perGroup } from './per-group.js';

/**
 * Compares a score with the mean of its group: `bᵢ = (1/n) Σⱼ Rⱼ`.
 *
 * Shao et al. 2024, DeepSeekMath, section 4.1, https://arxiv.org/abs/2402.03300.
 * A lone score is its own mean: difference 0.
 */
export function groupMean(): Baseline {
  return perGroup(mean);
}
