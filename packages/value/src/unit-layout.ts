import type { Floats } from '@grpo/advantage';

/** Where the states of each unit lie among all states, and the checks and picks that follow from it. */
export interface UnitLayout {
  readonly units: number;
  /** The numbers of a [N] array that belong to some units, in their order. */
  pick(numbers: Floats, units: readonly number[]): Float64Array;
  /** States of some units. */
  count(units: readonly number[]): number;
}

/**
 * Lays units out one after the other.
 *
 * @param sizes [units] states of each unit; a unit may be empty
 */
export function unitLayout(sizes: readonly number[]): UnitLayout {
  const starts = [0];
  for (const [unit, size] of sizes.entries()) starts.push(starts[unit] + size);
  const count = (units: readonly number[]) => units.reduce((sum, unit) => sum + sizes[unit], 0);
  return {
    units: sizes.length,
    count,
    pick: (numbers, units) => {
      const picked = new Float64Array(count(units));
      let at = 0;
      for (const unit of units) {
        for (let i = starts[unit]; i < starts[unit + 1]; i++) picked[at++] = numbers[i];
      }
      return picked;
    },
  };
}
