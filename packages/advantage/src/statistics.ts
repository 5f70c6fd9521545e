/**
 * Returns the mean, `x₀ + Σ(xᵢ − x₀)/n`: measured from the first value, so that equal values have
 * exactly that value as their mean.
 *
 * @param values [n] finite numbers
 * @returns NaN for no values
 * @example mean([0.1, 0.1, 0.1]) // 0.1, where a plain sum gives 0.10000000000000002
 */
export function mean(values: readonly number[]): number {
  const origin = values[0] ?? Number.NaN;
  let sum = 0;
  for (const value of values) sum += value - origin;
  return origin + sum / values.length;
}

/**
 * Returns the standard deviation, `√(Σ(xᵢ − μ)² / (n − 1))`, in two passes: equal values give exactly
 * 0, and a large offset costs no digits.
 *
 * @param values [n] finite numbers
 * @param options.sample divide by n − 1 (default) or, if false, by n
 * @returns NaN where the divisor is not positive
 * @example standardDeviation([1, 2, 3]) // 1
 */
export function standardDeviation(
  values: readonly number[],
  { sample = true }: { readonly sample?: boolean } = {},
): number {
  const degrees = values.length - (sample ? 1 : 0);
  if (degrees <= 0) return Number.NaN;
  const center = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - center) ** 2;
  return Math.sqrt(squares / degrees);
}

/**
 * Returns the median; the mean of the two middle values for an even count.
 *
 * @example median([3, 1, 2, 10]) // 2.5
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return lower + (upper - lower) / 2;
}
