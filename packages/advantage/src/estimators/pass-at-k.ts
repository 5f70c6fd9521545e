import { scoreMetrics } from '../metrics.js';
import { pick, score } from '../score.js';
import type { AdvantageEstimator } from '../types.js';

/**
 * Rewards sets of k completions instead of single ones: with c correct of n,
 *
 *     P = 1 − C(n−c, k)/C(n, k)        σ = √(P(1 − P))
 *     A(correct) = (1 − P)/σ           A(wrong) = (1 − P − C(n−c−1, k−1)/C(n−1, k−1))/σ
 *
 * P is the chance that k of the n drawn without replacement contain a correct one; an advantage is the
 * mean over all sets with the completion of the set's standardised reward.
 *
 * Chen et al. 2025, Pass@k Training, https://arxiv.org/abs/2508.10751. Correct means a score above
 * `threshold`. A group with none or all correct, or with fewer than k members, has advantages of 0.
 * k = 1 is GRPO with a population deviation.
 *
 * @param options.k size of a set; default 4
 * @returns advantages [B], and `pass_at_k`, the mean of P over groups of k or more
 * @example passAtK({ k: 2 })({ rewards: [[1], [0], [0]], groupIds: [1, 1, 1] }).advantages // [0.71, -0.35, -0.35]
 */
export function passAtK({
  k = 4,
  threshold = 0.5,
}: {
  readonly k?: number;
  readonly threshold?: number;
} = {}): AdvantageEstimator {
  if (!(Number.isInteger(k) && k >= 1)) {
    throw new Error(`passAtK: k needs a whole number above 0, got ${k}. 4 or 8 are usual.`);
  }
  return (batch) => {
    const scored = score(batch);
    const advantages = new Float64Array(scored.scores.length); // [B]
    const passes: number[] = [];
    for (const members of scored.groups) {
      const n = members.length;
      if (n < k) continue;
      const isCorrect = pick(scored.scores, members).map((R) => R > threshold);
      const c = isCorrect.filter(Boolean).length;
      const P = 1 - share(n - c, n, k);
      passes.push(P);
      if (c === 0 || P === 1) continue;
      const sigma = Math.sqrt(P * (1 - P));
      const correct = (1 - P) / sigma;
      const wrong = (1 - P - share(n - c - 1, n - 1, k - 1)) / sigma;
      members.forEach((i, j) => {
        advantages[i] = isCorrect[j] ? correct : wrong;
      });
    }
    const pass = passes.reduce((sum, P) => sum + P, 0) / passes.length;
    const metrics = scoreMetrics(scored);
    return { advantages, metrics: passes.length > 0 ? { ...metrics, pass_at_k: pass } : metrics };
  };
}

/** `C(m, k) / C(n, k)` as a product, without large numbers: the chance that k of n all are among m. */
function share(m: number, n: number, k: number): number {
  let product = 1;
  for (let j = 0; j < k; j++) product *= Math.max(m - j, 0) / (n - j);
  return product;
}
