/** Accuracies of several seeds, as a table. */

export interface Row {
  readonly name: string;
  readonly mean: number;
  /** Sample standard deviation; 0 of a single seed. */
  readonly spread: number;
  /** [seeds] shares of problems that were answered rightly. */
  readonly accuracies: readonly number[];
}

/** @param shares [seeds] */
export function spreadOf(shares: readonly number[]): { mean: number; spread: number } {
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const squares = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / Math.max(1, shares.length - 1)) };
}

/** One line per row: mean ± spread in per cent, then every seed. */
export function markdownTable(
  rows: readonly Row[],
  seeds: readonly number[],
  heads: readonly [string, string] = ['baseline', 'held-out accuracy, %'],
): string {
  const cells = [
    [...heads, ...seeds.map((seed) => `seed ${seed}`)],
    ...rows.map(({ name, mean, spread, accuracies }) => [
      name,
      `${inPercent(mean)} ± ${inPercent(spread)}`,
      ...accuracies.map(inPercent),
    ]),
  ];
  const widths = cells[0].map((_, c) => Math.max(...cells.map((row) => row[c].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join(' | ')} |`;
  const rule = line(
    widths.map((width, c) => (c === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  );
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}

const inPercent = (share: number) => (100 * share).toFixed(1);
