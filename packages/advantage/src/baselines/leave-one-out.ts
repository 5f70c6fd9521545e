import { mean } from '../statistics.js';
import type { Baseline } from '../types.js';
import { perGroup } from './per-group.js';

/**
 * Compares a score with the mean of the others in its group, which does not depend on the score
 * itself and so leaves the gradient unbiased: `bᵢ = (1/(n−1)) Σ_{j≠i} Rⱼ`.
 *
 * Kool et al. 2019, https://openreview.net/forum?id=r1lgTGL5DE; Ahmadian et al. 2024,
 * https://arxiv.org/abs/2402.14740.
 * Computed as `Rᵢ − (n/(n−1))·(Rᵢ − μ)`, which is the same and gives exactly `Rᵢ` for equal scores.
 * A lone score has no others: NaN, which gives advantage 0.
 */
export function leaveOneOut(): Baseline {
  return perGroup((scores) => {
    const center = mean(scores);
    const n = scores.length;
    return scores.map((R) => (n > 1 ? R - (n / (n - 1)) * (R - center) : Number.NaN));
  });
}
