import type { SchedulerType } from './types.js';

export interface Schedule {
  /** The highest rate. */
  readonly learningRate: number;
  /** Steps over which the rate rises in a straight line. */
  readonly warmupSteps: number;
  readonly maxSteps: number;
  readonly lrSchedulerType: SchedulerType;
}

/**
 * The learning rate of a step: η · (step + 1) / warmup while it rises, then η · decay(progress), with
 * progress from 0 at the end of the warm-up to 1 after the last step.
 *   constant: 1,  linear: 1 − progress,  cosine: (1 + cos(π · progress)) / 2.
 * The first step has a rate above 0: Hugging Face's schedulers start at 0 and waste it.
 *
 * @param step counted from 0
 */
export function learningRateAt(
  step: number,
  { learningRate, warmupSteps, maxSteps, lrSchedulerType }: Schedule,
): number {
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, maxSteps - warmupSteps));
  const decay = {
    constant: 1,
    linear: 1 - progress,
    cosine: (1 + Math.cos(Math.PI * progress)) / 2,
  }[lrSchedulerType];
  return learningRate * decay;
}
