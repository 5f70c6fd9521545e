import { clamp } from '../numbers.js';
import type { Controller } from '../types.js';

/** Options of `adaptiveEntropy`. */
export interface AdaptiveEntropyOptions {
  /** Coefficient at the first step; default 0. */
  readonly initial?: number;
  /** Entropy per token to stay above, in nats; default 0.2. */
  readonly target?: number;
  /** What one step adds or takes; default 0.005. */
  readonly delta?: number;
  /** Bounds of the coefficient; default 0 and 1. */
  readonly min?: number;
  readonly max?: number;
}

/**
 * Pays for entropy only while there is too little of it:
 *
 *     η ← clip(η + Δ if H ≤ target, else η − Δ, min, max)        value = η if the last H ≤ target, else 0
 *
 * He et al. 2025, Skywork-OR1, https://arxiv.org/abs/2505.22312; as TRL has it. Before the
 * first step H is unknown and the value 0. A step without an entropy changes nothing.
 *
 * @returns a controller; `save().coefficient` is η, which `value` hides while it is not paid
 */
export function adaptiveEntropy({
  initial = 0,
  target = 0.2,
  delta = 0.005,
  min = 0,
  max = 1,
}: AdaptiveEntropyOptions = {}): Controller {
  let coefficient = initial;
  let entropy = Number.POSITIVE_INFINITY;
  return {
    get value() {
      return entropy <= target ? coefficient : 0;
    },
    update: (step) => {
      if (step.entropy === undefined || Number.isNaN(step.entropy)) return;
      entropy = step.entropy;
      coefficient = clamp(coefficient + (entropy <= target ? delta : -delta), min, max);
    },
    save: () => (Number.isFinite(entropy) ? { coefficient, entropy } : { coefficient }),
    load: (saved) => {
      coefficient = saved.coefficient ?? initial;
      entropy = saved.entropy ?? Number.POSITIVE_INFINITY;
    },
  };
}
