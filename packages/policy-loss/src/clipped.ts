import { compose } from './compose.js';
import { clamp } from './numbers.js';
import { shareOf } from './shares.js';
import { type SlotOptions, slots } from './slots.js';
import { perToken } from './token-term.js';
import type { PolicyLoss, Surrogate } from './types.js';

/** The bounds of `clipped`. */
export interface ClippedOptions {
  /** How far below 1 a ratio may move a negative advantage's token: ε. Default 0.2. */
  readonly epsilon?: number;
  /** How far above 1 a ratio may move a positive advantage's token: ε_high. Default ε. */
  readonly epsilonHigh?: number;
  /** Cap δ of the ratio in the unclipped branch, which bounds negative advantages. Default none. */
  readonly delta?: number;
}

/**
 * Limits how far one batch can move the policy:
 *
 *     ℓₜ = −min( min(wₜ, δ)·Aₜ, clip(wₜ, 1 − ε, 1 + ε_high)·Aₜ )        wₜ = πₜ / π_oldₜ
 *
 * Schulman et al. 2017, PPO, equation 7, https://arxiv.org/abs/1707.06347; ε_high from Yu et al. 2025,
 * DAPO, equation 8, https://arxiv.org/abs/2503.14476; δ from INTELLECT-2,
 * https://arxiv.org/abs/2505.07291. Dual clip (Ye et al. 2020, https://arxiv.org/abs/1912.09729) with
 * its constant c is the same as δ = c.
 *
 * The gradient passes through wₜ where the branch that min selects is wₜ·Aₜ itself, and is 0 elsewhere.
 * Metrics: `clip_ratio/*`, the shares of tokens (of sequences, for a ratio per sequence) beyond a bound
 * on the side where it bites.
 *
 * @returns a surrogate: ℓ [B, T]
 * @throws where epsilon, epsilonHigh or delta is not positive
 */
export function clipped({
  epsilon = 0.2,
  epsilonHigh = epsilon,
  delta = Number.POSITIVE_INFINITY,
}: ClippedOptions = {}): Surrogate {
  checkPositive({ epsilon, epsilonHigh, delta });

  const loss = (w: number, A: number) => {
    const cappedRatio = Math.min(w, delta);
    const clippedRatio = clamp(w, 1 - epsilon, 1 + epsilonHigh);
    const selected = cappedRatio * A <= clippedRatio * A ? cappedRatio : clippedRatio;
    return { loss: -selected * A, gradRatio: selected === w ? -A : 0 };
  };
  const isLow = (w: number, A: number) => Math.min(w, delta) < 1 - epsilon && A < 0;
  const isHigh = (w: number, A: number) => Math.min(w, delta) > 1 + epsilonHigh && A > 0;

  return perToken(loss, (batch) => {
    const low = shareOf(batch, isLow);
    const high = shareOf(batch, isHigh);
    return {
      'clip_ratio/low_mean': low.mean,
      'clip_ratio/high_mean': high.mean,
      'clip_ratio/region_mean': low.mean + high.mean,
      ...(low.min !== undefined && { 'clip_ratio/low_min': low.min }),
      ...(high.max !== undefined && { 'clip_ratio/high_max': high.max }),
    };
  });
}

/** The bounds of `clipped`, and the other slots of the loss around it. */
export interface ClippedLossOptions extends ClippedOptions, SlotOptions {}

/**
 * The loss of GRPO and its relatives: the clipped surrogate, pulled towards a reference.
 *
 *     L = Σₜ cₜ·(ℓₜ + β·wₜ·kₜ)        by default cₜ = 1 / (tokens of the step), k = k3
 *
 * Shao et al. 2024, DeepSeekMath, equation 3, https://arxiv.org/abs/2402.03300, which has the
 * reduction `sequence-mean`; the default is DAPO's. Only `logProbs` receives gradient.
 *
 * @example
 * const loss = clippedLoss({ epsilon: 0.2, beta: 0.04 });
 * loss({ logProbs: [-1], refLogProbs: [-1], advantages: [2], mask: [1], shape: [1, 1] }).loss // -2
 */
export function clippedLoss(options: ClippedLossOptions = {}): PolicyLoss {
  return compose({ surrogate: clipped(options), ...slots(options) });
}

function checkPositive(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value > 0) continue;
    throw new Error(
      `clipped: ${name} needs a number above 0, got ${value}. Leave it out for its default.`,
    );
  }
}
