/** How values are distributed. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  /** Of the population: divided by n. */
  readonly standardDeviation: number;
  /** Lowest, 5 %, 25 %, median, 75 %, 95 %, highest; between two values in proportion. */
  readonly quantiles: readonly number[];
  /** Bins of equal width from the lowest to the highest value; one bin where all are equal. */
  readonly histogram: readonly {
    readonly from: number;
    readonly to: number;
    readonly count: number;
  }[];
}

export const QUANTILES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;
const BINS = 10;

/**
 * @param sorted values, lowest first
 * @returns undefined of no values
 */
export function distribution(sorted: readonly number[]): Distribution | undefined {
  const count = sorted.length;
  if (count === 0) return undefined;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return {
    count,
    mean,
    standardDeviation: Math.sqrt(variance),
    quantiles: QUANTILES.map((q) => quantile(sorted, q)),
    histogram: histogram(sorted),
  };
}

function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  return low + (at - Math.floor(at)) * (high - low);
}

function histogram(sorted: readonly number[]): Distribution['histogram'] {
  const low = sorted[0];
  const high = sorted[sorted.length - 1];
  const width = (high - low) / BINS;
  if (width === 0) return [{ from: low, to: high, count: sorted.length }];
  const counts = new Array<number>(BINS).fill(0);
  for (const value of sorted) counts[Math.min(BINS - 1, Math.floor((value - low) / width))]++;
  return counts.map((count, k) => ({
    from: low + k * width,
    to: k === BINS - 1 ? high : low + (k + 1) * width,
    count,
  }));
}
