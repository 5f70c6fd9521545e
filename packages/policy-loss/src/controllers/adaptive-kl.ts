import { clamp } from '../numbers.js';
import type { Controller } from '../types.js';

/** Options of `adaptiveKl`. */
export interface AdaptiveKlOptions {
  /** Coefficient at the first step; default 0.1. */
  readonly initial?: number;
  /** KL per token to keep to, in nats; default 0.01. */
  readonly target?: number;
  /** Sequences over which the coefficient may change by a fifth of itself; default 10000. */
  readonly horizon?: number;
  /** Bounds of the coefficient; default 0.001 and 100. */
  readonly min?: number;
  readonly max?: number;
}

/** However far the KL is off, the error counts as a fifth at most. */
const MAX_ERROR = 0.2;

/**
 * Raises the coefficient while the KL is above its target and lowers it below:
 *
 *     β ← β·(1 + clip(KL/target − 1, ±0.2)·n/horizon)        n sequences in the step
 *
 * Ziegler et al. 2019, https://arxiv.org/abs/1909.08593. A step without a KL changes nothing.
 *
 * @throws where target or horizon is not above 0
 */
export function adaptiveKl({
  initial = 0.1,
  target = 0.01,
  horizon = 10_000,
  min = 0.001,
  max = 100,
}: AdaptiveKlOptions = {}): Controller {
  if (!(target > 0 && horizon > 0)) {
    throw new Error(
      `adaptiveKl: target and horizon need numbers above 0, got ${target} and ${horizon}. Use 0.01 and 10000.`,
    );
  }
  let value = initial;
  return {
    get value() {
      return value;
    },
    update: ({ kl, sequences = 1 }) => {
      if (kl === undefined || Number.isNaN(kl)) return;
      const error = clamp(kl / target - 1, -MAX_ERROR, MAX_ERROR);
      value = clamp(value * (1 + (error * sequences) / horizon), min, max);
    },
    save: () => ({ value }),
    load: (saved) => {
      value = saved.value ?? initial;
    },
  };
}
