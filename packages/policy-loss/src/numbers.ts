/** Beyond e^±80 a ratio says only "far off"; inside, nothing overflows in float64, and float32 holds it. */
export const LOG_LIMIT = 80;

/** `min(max(value, low), high)` */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** `e^x` with its exponent clamped to ±limit, so that it never overflows. */
export function boundedExp(exponent: number, limit = LOG_LIMIT): number {
  return Math.exp(clamp(exponent, -limit, limit));
}

/** Sums each row of a [B, T] array to [B]. */
export function rowSums(
  values: Float64Array,
  [rows, columns]: readonly [number, number],
): Float64Array {
  const sums = new Float64Array(rows);
  for (let i = 0; i < values.length; i++) sums[Math.floor(i / columns)] += values[i];
  return sums;
}

/** `Σ xₜ mₜ / max(Σ mₜ, 1)`: the mean over unmasked tokens; 0 where there are none. */
export function maskedMean(values: Float64Array, mask: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    sum += values[i];
    count += 1;
  }
  return sum / Math.max(count, 1);
}
