import { pick } from '../score.js';
import { mean } from '../statistics.js';
import type { Baseline } from '../types.js';
import { required } from './required.js';

/**
 * Compares a score with its group's mean weighted by length: `bᵢ = Σⱼ |oⱼ| Rⱼ / Σⱼ |oⱼ|`, the
 * baseline of least variance where the squared gradient of a completion grows with its length.
 *
 * Hao et al. 2025, OPO, https://arxiv.org/abs/2505.23585.
 * Where all lengths of a group are 0 every score weighs the same. A lone score: difference 0.
 *
 * @throws the baseline throws where the batch has no `lengths`
 */
export function lengthWeighted(): Baseline {
  return (scored) => weightedMeans(scored, required(scored.batch, 'lengths'));
}

/**
 * Compares a score with its group's mean weighted by squared gradient norms:
 * `bᵢ = Σⱼ ‖gⱼ‖² Rⱼ / Σⱼ ‖gⱼ‖²`, the constant of least gradient variance.
 *
 * Greensmith et al. 2004, https://www.jmlr.org/papers/v5/greensmith04a.html, estimated from
 * the group. An exact norm needs the model; `1 − 2π + Σπ²`, summed over tokens, stands in for it.
 *
 * @throws the baseline throws where the batch has no `gradientNorms`
 */
export function optimalBaseline(): Baseline {
  return (scored) => weightedMeans(scored, required(scored.batch, 'gradientNorms'));
}

/** `Σ wⱼ Rⱼ / Σ wⱼ` of each group, measured from the group's mean so that equal scores give it exactly. */
function weightedMeans(
  { scores, groups }: Parameters<Baseline>[0],
  weights: readonly number[],
): Float64Array {
  const values = new Float64Array(scores.length).fill(Number.NaN); // [B]
  for (const members of groups) {
    const center = mean(pick(scores, members));
    let sum = 0;
    let total = 0;
    for (const i of members) {
      sum += weights[i] * (scores[i] - center);
      total += weights[i];
    }
    const weighted = total > 0 ? center + sum / total : center;
    for (const i of members) values[i] = weighted;
  }
  return values;
}
