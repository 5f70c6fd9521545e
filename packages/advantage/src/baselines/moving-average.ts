import { pick, scoredIndices } from '../score.js';
import { mean } from '../statistics.js';
import type { Baseline } from '../types.js';

/**
 * Compares a score with an exponential moving average of earlier batches' means:
 * `bᵢ = m`, then `m ← d·m + (1 − d)·mean(R)`.
 *
 * The average of the batches before this one does not depend on this one's scores, so that the
 * gradient stays unbiased. The first batch is compared with its own mean. A batch without scores
 * leaves the average as it is.
 *
 * @param options.decay d, how much of the average one batch keeps; default 0.9
 * @returns a baseline with `memory`, for checkpoints: each call moves the average
 */
export function movingAverage({ decay = 0.9 }: { readonly decay?: number } = {}): Baseline {
  if (!(decay >= 0 && decay < 1)) {
    throw new Error(`movingAverage: decay needs a number in [0, 1), got ${decay}. 0.9 is usual.`);
  }
  let average = Number.NaN;
  const baseline = (scored: Parameters<Baseline>[0]) => {
    const now = mean(pick(scored.scores, scoredIndices(scored)));
    const before = Number.isNaN(average) ? now : average;
    if (!Number.isNaN(now)) average = decay * before + (1 - decay) * now;
    return new Float64Array(scored.scores.length).fill(before); // [B]
  };
  const memory = {
    save: (): Record<string, number> => (Number.isNaN(average) ? {} : { average }),
    load: (saved: Readonly<Record<string, number>>) => {
      average = saved.average ?? Number.NaN;
    },
  };
  return Object.assign(baseline, { memory });
}
