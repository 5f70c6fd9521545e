/** Where a set of largest numbers ends. */
export interface Cut {
  /** Numbers above it are in the set. */
  readonly value: number;
  /** How many numbers equal to `value` are in the set, at least one. */
  readonly ties: number;
}

/**
 * The smallest set of largest numbers whose measures add up to a target, by quickselect: linear time on average,
 * where sorting a vocabulary would take longer than the rest of sampling.
 *
 * @param values at least one; reordered
 * @param target above 0; at or beyond the total, the set is everything
 * @param measure what a number adds: 1 counts (top-k), the number itself sums (top-p)
 */
export function selectLargest(
  values: Float64Array,
  target: number,
  measure: (value: number) => number,
): Cut {
  let [from, to] = [0, values.length];
  let above = 0;
  for (;;) {
    const pivot = medianOfThree(values[from], values[(from + to) >> 1], values[to - 1]);
    const { larger, equal, largerSum } = partition(values, from, to, pivot, measure);
    const each = measure(pivot);
    if (larger > from && above + largerSum >= target) {
      to = larger;
    } else if (above + largerSum + (equal - larger) * each >= target || equal === to) {
      const ties = each > 0 ? Math.ceil((target - above - largerSum) / each) : equal - larger;
      return { value: pivot, ties: Math.min(Math.max(ties, 1), equal - larger) };
    } else {
      above += largerSum + (equal - larger) * each;
      from = equal;
    }
  }
}

/** Puts [from, to) in the order larger than the pivot, equal to it, smaller; says where equal and smaller begin. */
function partition(
  values: Float64Array,
  from: number,
  to: number,
  pivot: number,
  measure: (value: number) => number,
): { larger: number; equal: number; largerSum: number } {
  let [larger, at, smaller] = [from, from, to];
  let largerSum = 0;
  while (at < smaller) {
    const value = values[at];
    if (value > pivot) {
      largerSum += measure(value);
      values[at++] = values[larger];
      values[larger++] = value;
    } else if (value < pivot) {
      values[at] = values[--smaller];
      values[smaller] = value;
    } else at++;
  }
  return { larger, equal: smaller, largerSum };
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
