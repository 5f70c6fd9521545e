import { clamp } from '../numbers.js';
import { shareOf } from '../shares.js';
import { perToken } from '../token-term.js';
import type { Surrogate } from '../types.js';

/** Bounds of the weight in `cispo`. */
export interface CispoOptions {
  /** Greatest weight of a token, a bound on the ratio itself: 5 lets it grow to 5. Default 5. */
  readonly ratioCap?: number;
  /** Least weight of a token; default 0: no lower bound. */
  readonly ratioFloor?: number;
}

/**
 * Clips the importance weight and not the token, so that every token keeps a gradient:
 *
 *     ℓₜ = −sg(clip(wₜ, floor, cap))·Aₜ·log πₜ
 *
 * MiniMax 2025, MiniMax-M1, https://arxiv.org/abs/2506.13585.
 *
 * The bound is named for what it is: TRL's `epsilon_high` is this cap itself, so that its default of
 * 0.2 damps every token fivefold; verl's `clip_ratio_high` is cap − 1, and has a floor.
 * Metric `cispo_clip_ratio`: share of tokens with a positive advantage whose weight was capped.
 *
 * @returns a surrogate: ℓ [B, T]; log π receives gradient, w does not
 * @throws where the cap is not above the floor
 */
export function cispo({ ratioCap = 5, ratioFloor = 0 }: CispoOptions = {}): Surrogate {
  if (!(ratioCap > ratioFloor && ratioFloor >= 0)) {
    throw new Error(
      `cispo: ratioCap needs a number above ratioFloor, got ${ratioCap} and ${ratioFloor}. Use 5 and 0.`,
    );
  }
  return perToken(
    (w, A, i, { logProbs }) => {
      const weight = clamp(w, ratioFloor, ratioCap);
      return { loss: -weight * A * logProbs[i], gradLogProb: -weight * A };
    },
    (batch) => ({ cispo_clip_ratio: shareOf(batch, (w, A) => w > ratioCap && A > 0).mean }),
  );
}
