import { keyedRandom, type Random, shuffled } from '@grpo/random';
import { datasetFromRows } from './dataset-from-rows.js';
import { distinctIntegers } from './distinct-integers.js';
import type { Dataset } from './types.js';

/** An operation of `arithmeticTasks`. */
export type ArithmeticOperator = '+' | '-' | '*' | '/';

/** Options of `arithmeticTasks`. */
export interface ArithmeticOptions {
  readonly seed: number;
  /** Number of tasks. */
  readonly count: number;
  /** Default `['+']`. */
  readonly operators?: readonly ArithmeticOperator[];
  /** Digits of both operands, each from 1 to 7: the knob of difficulty. Default `[2]`. */
  readonly digits?: readonly number[];
}

/** The problems of one operator and one number of digits, numbered from 0. */
interface Kind {
  readonly operator: ArithmeticOperator;
  readonly digits: number;
  readonly size: number;
}

/**
 * Makes arithmetic problems with exact answers: `37+48`, `85-12`, `6*7`, `391/17`.
 *
 * No problem comes twice, and 48+37 counts as 37+48, so that parts made by `splitDataset` share no
 * problem. Differences are never negative and divisions leave no rest; for a division, `digits` is
 * that of divisor and answer. The operators and digits have as equal shares as their numbers of
 * problems allow.
 *
 * The columns of a row: `prompt`, `answer` (both texts), `operator`, `digits`, and `carries`, the
 * number of carries of a sum or borrows of a difference done by hand (`null` for the others).
 *
 * @throws RangeError if there are fewer problems of these kinds than asked for
 * @example
 * arithmeticTasks({ seed: 42, count: 2 }).tasks.map(({ row }) => row.prompt); // ['19+77', '70+30']
 */
export function arithmeticTasks({
  seed,
  count,
  operators = ['+'],
  digits = [2],
}: ArithmeticOptions): Dataset {
  const kinds = [...new Set(operators)].flatMap((operator) =>
    [...new Set(digits)].map((d) => kindOf(operator, d)),
  );
  const available = kinds.reduce((sum, { size }) => sum + size, 0);
  if (!Number.isInteger(count) || count < 1 || count > available) {
    throw new RangeError(
      `arithmeticTasks: count must be an integer from 1 to ${available}, the number of different ` +
        `problems with operators ${operators.join(' ')} and digits ${digits.join(', ')}, ` +
        `got ${count}. Ask for fewer, or add operators or digits.`,
    );
  }
  const counts = fairShares(count, kinds);
  const rows = kinds.flatMap((kind, k) => {
    const random = keyedRandom(seed, 'arithmetic', kind.operator, kind.digits);
    return distinctIntegers(counts[k], kind.size, random).map((i) => problem(kind, i, random));
  });
  return datasetFromRows(shuffled(rows, keyedRandom(seed, 'arithmetic')), { name: 'arithmetic' });
}

function kindOf(operator: ArithmeticOperator, digits: number): Kind {
  if (!['+', '-', '*', '/'].includes(operator) || ![1, 2, 3, 4, 5, 6, 7].includes(digits)) {
    throw new RangeError(
      `arithmeticTasks: needs operators of + - * / and digits from 1 to 7, ` +
        `got operator ${operator} and digits ${digits}. Seven digits keep every product exact.`,
    );
  }
  const numbers = 9 * 10 ** (digits - 1);
  const pairs = operator === '/' ? numbers * numbers : (numbers * (numbers + 1)) / 2;
  return { operator, digits, size: pairs };
}

/** Shares as equal as the sizes allow: the smallest kinds first, the rest over those that remain. */
function fairShares(count: number, kinds: readonly Kind[]): number[] {
  const shares = new Array<number>(kinds.length).fill(0);
  const bySize = [...kinds.entries()].sort(([, a], [, b]) => a.size - b.size);
  let left = count;
  for (const [i, [k, { size }]] of bySize.entries()) {
    shares[k] = Math.min(size, Math.floor(left / (bySize.length - i)));
    left -= shares[k];
  }
  return shares;
}

/** The problem with a number of its kind: pairs a ≥ b in the order (0,0), (1,0), (1,1), (2,0), … */
function problem({ operator, digits }: Kind, index: number, random: Random) {
  const smallest = 10 ** (digits - 1);
  if (operator === '/') {
    const [quotient, divisor] = [index % (9 * smallest), Math.floor(index / (9 * smallest))];
    const [q, d] = [smallest + quotient, smallest + divisor];
    return row(q * d, operator, d, q, digits);
  }
  const larger = Math.floor((Math.sqrt(8 * index + 1) - 1) / 2);
  const a = smallest + larger;
  const b = smallest + index - (larger * (larger + 1)) / 2;
  if (operator === '-') return row(a, operator, b, a - b, digits);
  const [left, right] = shuffled([a, b], random);
  return row(left, operator, right, operator === '+' ? a + b : a * b, digits);
}

function row(a: number, operator: ArithmeticOperator, b: number, answer: number, digits: number) {
  const carries =
    operator === '+' ? carriesOf(a, b) : operator === '-' ? carriesOf(answer, b) : null;
  return { prompt: `${a}${operator}${b}`, answer: String(answer), operator, digits, carries };
}

/** Carries of a + b; those of (a − b) + b are the borrows of a − b. */
function carriesOf(a: number, b: number): number {
  const digitSum = (value: number) => [...String(value)].reduce((sum, d) => sum + Number(d), 0);
  // Every carry turns ten ones into one of the next digit: the digit sum falls by nine.
  return (digitSum(a) + digitSum(b) - digitSum(a + b)) / 9;
}
