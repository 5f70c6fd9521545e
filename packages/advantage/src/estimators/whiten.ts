import { divisor, type StandardScalingOptions } from '../scalings.js';
import { pick, score, scoredIndices } from '../score.js';
import { mean } from '../statistics.js';
import type { AdvantageEstimator } from '../types.js';
import { wrap } from './clip-advantages.js';

/**
 * Whitens the advantages of another estimator over the batch: `(Aᵢ − μ(A)) / (σ(A) + ε)`.
 *
 * Centring undoes a baseline that is the same for all, and changes any other: ask for it on purpose.
 * Completions without a score stay out of mean and deviation, and keep advantage 0; with fewer than
 * two scores all advantages are 0.
 *
 * @example whiten(reinforce())({ rewards: [[1], [3]], groupIds: [1, 2] }).advantages // [-0.707, 0.707]
 */
export function whiten(
  estimator: AdvantageEstimator,
  options: StandardScalingOptions = {},
): AdvantageEstimator {
  return wrap(estimator, ({ advantages, metrics }, batch) => {
    const indices = scoredIndices(score(batch));
    const known = pick(advantages, indices);
    const center = mean(known);
    const scale = divisor(known, options);
    const whitened = new Float64Array(advantages.length); // [B]
    for (const i of indices) {
      const value = (advantages[i] - center) / scale;
      whitened[i] = Number.isFinite(value) ? value : 0;
    }
    return { advantages: whitened, metrics };
  });
}
