import { rowColumn } from './row-column.js';
import type { Episode } from './types.js';

/** The right answers of a row as texts: one, or those of a list; none where it is `null` or blank. */
export function goldTexts(reward: string, row: Episode['row'], column: string): readonly string[] {
  return [rowColumn(reward, row, column)].flat().flatMap((one) => {
    if (one === null || one === undefined) return [];
    if (!['string', 'number', 'bigint'].includes(typeof one)) {
      throw new Error(
        `${reward}: the column "${column}" must hold a text, a number or a list of them, got ${typeof one}. Name another column.`,
      );
    }
    return String(one).trim() === '' ? [] : [String(one)];
  });
}
