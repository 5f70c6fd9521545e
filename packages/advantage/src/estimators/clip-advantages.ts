import type { AdvantageEstimator } from '../types.js';

/**
 * Bounds the advantages of another estimator: `clip(Aᵢ, −limit, limit)`.
 *
 * @param estimator whose advantages are bounded
 * @param options.limit the greatest size of an advantage; default 5
 * @returns an estimator with the metric `advantage/clipped`, the share that was bounded
 * @example clipAdvantages(reinforce(), { limit: 2 })({ rewards: [[5]], groupIds: [1] }).advantages // [2]
 */
export function clipAdvantages(
  estimator: AdvantageEstimator,
  { limit = 5 }: { readonly limit?: number } = {},
): AdvantageEstimator {
  if (!(limit > 0)) {
    throw new Error(`clipAdvantages: limit needs a number above 0, got ${limit}. 5 is usual.`);
  }
  return wrap(estimator, ({ advantages, metrics }) => {
    const beyond = advantages.filter((A) => Math.abs(A) > limit).length;
    return {
      advantages: advantages.map((A) => Math.min(Math.max(A, -limit), limit)), // [B]
      metrics: { ...metrics, 'advantage/clipped': beyond / Math.max(advantages.length, 1) },
    };
  });
}

/** An estimator that changes what another one gives, and keeps its memory. */
export function wrap(
  estimator: AdvantageEstimator,
  change: (
    result: ReturnType<AdvantageEstimator>,
    batch: Parameters<AdvantageEstimator>[0],
  ) => ReturnType<AdvantageEstimator>,
): AdvantageEstimator {
  const wrapped: AdvantageEstimator = (batch) => change(estimator(batch), batch);
  return estimator.memory ? Object.assign(wrapped, { memory: estimator.memory }) : wrapped;
}
