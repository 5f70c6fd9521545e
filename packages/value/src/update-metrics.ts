import type { Floats } from '@grpo/advantage';
import { explainedVariance } from './explained-variance.js';
import type { ValueTargets } from './types.js';

/** What one optimizer step reports. */
export interface StepReport {
  /** Values that the step learned from. */
  readonly count: number;
  /** Mean over those values. */
  readonly loss: number;
  /** Values that the clip held back. */
  readonly clipped: number;
  /** L2 norm of the whole gradient, before clipping. */
  readonly gradNorm: number;
}

/**
 * Sums up an update.
 *
 * - `value/loss`: mean over all values of all steps
 * - `value/clip_fraction`: share of values, over all steps, that the clip held back
 * - `value/grad_norm`: mean over the steps, before clipping
 * - `value/explained_variance`: of the returns by the rollout-time values; what the advantages were worth
 * - `value/mean`, `value/return_mean`: of the rollout-time values and of the returns
 *
 * @returns all 0 where there was no step
 */
export function updateMetrics(
  reports: readonly StepReport[],
  { returns, oldValues }: ValueTargets,
): Readonly<Record<string, number>> {
  const total = (of: (report: StepReport) => number) =>
    reports.reduce((sum, report) => sum + of(report), 0);
  const count = Math.max(
    1,
    total((report) => report.count),
  );
  return {
    'value/loss': total((report) => report.loss * report.count) / count,
    'value/clip_fraction': total((report) => report.clipped) / count,
    'value/grad_norm': total((report) => report.gradNorm) / Math.max(1, reports.length),
    'value/explained_variance': explainedVariance(oldValues, returns),
    'value/mean': mean(oldValues),
    'value/return_mean': mean(returns),
  };
}

function mean(numbers: Floats): number {
  let sum = 0;
  for (const x of numbers) sum += x;
  return numbers.length === 0 ? 0 : sum / numbers.length;
}
