const LEVELS = [...'▁▂▃▄▅▆▇█'];

/**
 * A curve in one line: the newest values, the lowest of them as ▁ and the highest as █.
 *
 * @param width cells; where there are more values, each cell shows the mean of as many as it stands for
 * @example sparkline([0, 1, 2, 7], 4) // '▁▂▃█'
 */
export function sparkline(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0 || width < 1) return '';
  const cells = Math.min(width, finite.length);
  const means = Array.from({ length: cells }, (_, i) => {
    const from = Math.floor((i * finite.length) / cells);
    const part = finite.slice(from, Math.floor(((i + 1) * finite.length) / cells));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const low = Math.min(...means);
  const range = Math.max(...means) - low;
  const levelOf = (value: number) =>
    range === 0 ? 0 : Math.round(((value - low) / range) * (LEVELS.length - 1));
  return means.map((value) => LEVELS[levelOf(value)]).join('');
}
