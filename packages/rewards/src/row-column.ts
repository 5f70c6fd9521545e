import { excerpt } from './excerpt.js';
import type { Episode } from './types.js';

/** Reads a column that a reward cannot do without. */
export function rowColumn(reward: string, row: Episode['row'], column: string): unknown {
  if (Object.hasOwn(row, column)) return row[column];
  const shown = JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  throw new Error(
    `${reward}: the row needs a column "${column}", got ${excerpt(shown)}. ` +
      'Add the column to that row, or name the right one in the options of the reward.',
  );
}
