import { scoreMetrics } from '../metrics.js';
import { divisor, type StandardScalingOptions } from '../scalings.js';
import { pick, score } from '../score.js';
import type { AdvantageEstimator } from '../types.js';

export interface BestOfGroupOptions extends StandardScalingOptions {
  /** Divide by the group's deviation; default true. */
  readonly isNormalized?: boolean;
}

/**
 * Moves only the best completion of a group, by its lead: `A_best = (R₁ − R₂) / (σ_group + ε)`, where
 * R₁ ≥ R₂ are the two greatest scores; all others get 0.
 *
 * An unbiased gradient of the expected maximum of the group: Walder and Karkhanis 2025,
 * https://arxiv.org/abs/2503.19595. verl calls it `grpo_passk`, with ε = 1e-6. Equal best scores, or
 * a lone score, give 0 for the whole group.
 *
 * @returns advantages [B]
 * @example bestOfGroup({ isNormalized: false })({ rewards: [[5], [1], [3]], groupIds: [1, 1, 1] }).advantages // [2, 0, 0]
 */
export function bestOfGroup({
  isNormalized = true,
  ...options
}: BestOfGroupOptions = {}): AdvantageEstimator {
  return (batch) => {
    const scored = score(batch);
    const advantages = new Float64Array(scored.scores.length); // [B]
    for (const members of scored.groups) {
      if (members.length < 2) continue;
      const [best, second] = [...members].sort((i, j) => scored.scores[j] - scored.scores[i]);
      const lead = scored.scores[best] - scored.scores[second];
      const scale = isNormalized ? divisor(pick(scored.scores, members), options) : 1;
      advantages[best] = lead === 0 ? 0 : lead / scale;
    }
    return { advantages, metrics: scoreMetrics(scored) };
  };
}
