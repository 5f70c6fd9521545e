import type { MetricsRecord } from './types.js';

/** What counts as better. */
export interface BestOptions {
  /** Name of the metric; records without it are passed over. */
  readonly metric: string;
  /** Default true. */
  readonly greaterIsBetter?: boolean;
  /** Better by more than this. Default 0. */
  readonly threshold?: number;
}

/** The best record so far, and how many came after it without being better. */
export interface Best {
  readonly step: number;
  readonly value: number;
  readonly since: number;
}

/**
 * Finds the best record of a run. It needs the records alone, so that a resumed run decides as an uninterrupted one.
 * A value that is not finite is never better.
 *
 * @returns undefined where no record holds the metric
 * @example bestStep([{ step: 1, r: 2 }, { step: 2, r: 1 }], { metric: 'r' }) // { step: 1, value: 2, since: 1 }
 */
export function bestStep(
  records: readonly MetricsRecord[],
  { metric, greaterIsBetter = true, threshold = 0 }: BestOptions,
): Best | undefined {
  const sign = greaterIsBetter ? 1 : -1;
  let best: Best | undefined;
  for (const record of records) {
    const value = record[metric];
    if (value === undefined) continue;
    const isBetter = best === undefined || sign * (value - best.value) > threshold;
    if (Number.isFinite(value) && isBetter) best = { step: record.step, value, since: 0 };
    else if (best) best = { ...best, since: best.since + 1 };
  }
  return best;
}
