import { collectTasks, type DatasetOptions } from './collect-tasks.js';
import type { Dataset, Row } from './types.js';

/**
 * Makes a dataset of rows that are already in memory.
 *
 * @param rows objects with `prompt` (a text) or `messages` (a list of { role, content }), and any
 * other columns
 * @param options.name names the dataset and its tasks: row 3 of `sums` is the task `sums[3]`
 * @throws if there are no rows, or at the first malformed one unless `onBadRow` is `skip`
 * @example
 * datasetFromRows([{ prompt: '37+48', answer: '85' }], { name: 'sums' }).tasks[0].id; // 'sums[0]'
 */
export function datasetFromRows(
  rows: readonly Row[],
  { name = 'rows', ...options }: DatasetOptions & { readonly name?: string } = {},
): Dataset {
  const raw = rows.map((row, i) => ({ at: `${name}[${i}]`, id: `${name}[${i}]`, read: () => row }));
  return collectTasks('datasetFromRows', { name, source: name }, raw, options);
}
