import { boundedExp, clamp, LOG_LIMIT } from './numbers.js';
import type { KlEstimator } from './types.js';

// Estimators of KL(π ‖ π_ref) from one token that π sampled, in nats per token.
// With d = log π − log π_ref: Schulman 2020, http://joschu.net/blog/kl-approx.html.

/**
 * `k1 = d`: unbiased, may be negative. As a loss its expected gradient is 0; use it in the reward.
 */
export const k1: KlEstimator = (logProb, refLogProb) => ({
  value: logProb - refLogProb,
  derivative: 1,
});

/**
 * `k2 = d²/2`: biased in value, and its gradient d·∇log π is that of the KL when π sampled the token.
 */
export const k2: KlEstimator = (logProb, refLogProb) => {
  const d = logProb - refLogProb;
  return { value: d ** 2 / 2, derivative: d };
};

/**
 * `k3 = e^(−d) + d − 1`: unbiased in value, never negative; as a loss its gradient is that of the
 * reverse divergence, which the importance weight mends. The exponent is bounded, so that a token
 * which the reference all but excludes costs much and not Infinity.
 */
export const k3: KlEstimator = (logProb, refLogProb) => {
  const d = logProb - refLogProb;
  const refRatio = boundedExp(-d);
  return { value: refRatio + d - 1, derivative: Math.abs(d) > LOG_LIMIT ? 1 : 1 - refRatio };
};

/** `|d|`: the plain distance; its gradient has the same size however close the policies are. */
export const absolute: KlEstimator = (logProb, refLogProb) => {
  const d = logProb - refLogProb;
  return { value: Math.abs(d), derivative: Math.sign(d) };
};

/**
 * Reports one estimator and follows the gradient of another: `v(d)` in value, `∇g(d)` in gradient.
 *
 * @example straightThrough(k3, k2) // k3's unbiased value, k2's unbiased gradient
 */
export function straightThrough(value: KlEstimator, gradient: KlEstimator): KlEstimator {
  return (logProb, refLogProb) => ({
    value: value(logProb, refLogProb).value,
    derivative: gradient(logProb, refLogProb).derivative,
  });
}

/**
 * Bounds an estimator: d to ±`difference` and the estimate to ±`value`, in nats. Beyond a bound the
 * gradient is 0: a token that is far off is no longer pulled back.
 *
 * The bounds of verl: 20 and 10.
 */
export function bounded(
  estimator: KlEstimator,
  { difference = 20, value = 10 }: { readonly difference?: number; readonly value?: number } = {},
): KlEstimator {
  return (logProb, refLogProb) => {
    const d = logProb - refLogProb;
    const estimate = estimator(clamp(d, -difference, difference), 0);
    const isInside = Math.abs(d) <= difference && Math.abs(estimate.value) <= value;
    return {
      value: clamp(estimate.value, -value, value),
      derivative: isInside ? estimate.derivative : 0,
    };
  };
}
