import type { Floats } from '@grpo/advantage';

/**
 * Share of the variance of the returns that the values explain: 1 − Var(R − V) / Var(R).
 * 1 is perfect, 0 no better than a constant, below 0 worse than a constant. A constant error costs nothing.
 *
 * @param values [N]
 * @param returns [N]
 * @returns 0 where the returns do not vary, as there is nothing to explain
 * @throws if lengths differ
 * @example explainedVariance([0, 1, 2], [0, 2, 4]) // 0.75
 */
export function explainedVariance(values: Floats, returns: Floats): number {
  if (values.length !== returns.length) {
    throw new Error(
      `explainedVariance: needs values and returns of one length, got ${values.length} and ${returns.length}. Pass one return per value.`,
    );
  }
  const total = variance(returns);
  if (total === 0) return 0;
  return 1 - variance(Array.from(returns, (R, i) => R - values[i])) / total;
}

/** Measured from the first number, so that equal numbers give exactly 0. */
function variance(numbers: Floats): number {
  const [origin] = numbers;
  let sum = 0;
  for (const x of numbers) sum += x - origin;
  const mean = sum / numbers.length;
  let squares = 0;
  for (const x of numbers) squares += (x - origin - mean) ** 2;
  return numbers.length === 0 ? 0 : squares / numbers.length;
}
