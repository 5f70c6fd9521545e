import type { SchedulerType } from './types.js';

export interface Schedule {
  /** The highest rate. */
  readonly learningRate: number;
  /** Steps over which the rate rises in a straight line; below 1, a share of `maxSteps`, rounded up. */
  readonly warmupSteps: number;
  readonly maxSteps: number;
  readonly lrSchedulerType: SchedulerType;
  /** The share of the highest rate that it does not fall below. Default 0. */
  readonly minLearningRateRatio?: number;
}

/**
 * The learning rate of a step: η · (step + 1) / warmup while it rises, then η · (floor + (1 − floor) · decay(progress)),
 * with progress from 0 at the end of the warm-up to 1 after the last step.
 *   constant: 1,  linear: 1 − progress,  cosine: (1 + cos(π · progress)) / 2.
 * The first step has a rate above 0: Hugging Face's schedulers start at 0 and waste it.
 *
 * @param step counted from 0
 */
export function learningRateAt(
  step: number,
  { learningRate, warmupSteps, maxSteps, lrSchedulerType, minLearningRateRatio = 0 }: Schedule,
): number {
  const warmup = warmupSteps < 1 ? Math.ceil(warmupSteps * maxSteps) : warmupSteps;
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, maxSteps - warmup));
  const decay = {
    constant: 1,
    linear: 1 - progress,
    cosine: (1 + Math.cos(Math.PI * progress)) / 2,
  }[lrSchedulerType];
  return learningRate * (minLearningRateRatio + (1 - minLearningRateRatio) * decay);
}
