import type { Points } from '../types.js';

/** The part of a curve that is asked for. */
export interface Window {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Buckets that the curve is divided into; each gives its least and its greatest value. */
  readonly buckets: number;
}

/**
 * Thins out a curve so that it looks the same: the least and the greatest value of each bucket, in their order, and
 * the first and last point. Values that are NaN are no points. One point before and after the window is kept, so that
 * lines lead out of the picture.
 *
 * @param steps [N] ascending
 * @param values [N]
 */
export function downsample(
  steps: Float64Array,
  values: Float64Array,
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, buckets }: Window,
): Points {
  const rows = rowsOfPoints(values);
  const start = Math.max(0, firstAtLeast(rows, steps, from) - 1);
  const end = Math.min(rows.length, firstAtLeast(rows, steps, to) + 2); // the point at `to`, and one more
  const count = end - start;
  const kept: number[] = [];
  if (count <= 2 * buckets) {
    for (let i = start; i < end; i++) kept.push(rows[i]);
  } else {
    for (let b = 0; b < buckets; b++) {
      const lo = start + Math.floor((b * count) / buckets);
      const hi = start + Math.floor(((b + 1) * count) / buckets);
      let [least, greatest] = [rows[lo], rows[lo]];
      for (let i = lo; i < hi; i++) {
        if (values[rows[i]] < values[least]) least = rows[i];
        if (values[rows[i]] > values[greatest]) greatest = rows[i];
      }
      const ends = [b === 0 ? rows[lo] : least, b === buckets - 1 ? rows[hi - 1] : least];
      kept.push(...new Set([...ends, least, greatest].sort((p, q) => p - q)));
    }
  }
  return {
    steps: kept.map((row) => steps[row]),
    values: kept.map((row) => (Number.isFinite(values[row]) ? values[row] : null)),
  };
}

/**
 * Exponential moving average from the first value on, without the pull to 0 of its start (Adam's correction):
 * sₜ = Σᵢ a^(t−i) xᵢ / Σᵢ a^(t−i).
 *
 * @param values [N] NaN is passed over and stays NaN
 * @param weight a in [0, 1); 0 changes nothing
 * @returns [N]
 */
export function smooth(values: Float64Array, weight: number): Float64Array {
  let sum = 0;
  let total = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return Number.NaN;
    sum = weight * sum + value;
    total = weight * total + 1;
    return sum / total;
  });
}

function rowsOfPoints(values: Float64Array): Int32Array {
  const rows = new Int32Array(values.length);
  let count = 0;
  for (let row = 0; row < values.length; row++) if (!Number.isNaN(values[row])) rows[count++] = row;
  return rows.subarray(0, count);
}

/** The first place in `rows` whose step is at least so large. */
function firstAtLeast(rows: Int32Array, steps: Float64Array, step: number): number {
  let [lo, hi] = [0, rows.length];
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (steps[rows[middle]] < step) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}
