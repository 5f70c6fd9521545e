import { keyedRandom, type Random, shuffled } from '@grpo/random';
import type { Reward } from '@grpo/rewards';
import { datasetFromRows } from './dataset-from-rows.js';
import { equalsInteger, evaluate } from './expression.js';
import type { Dataset } from './types.js';
import { checkCount } from './within-time.js';

/** Options of `countdownTasks`. */
export interface CountdownOptions {
  readonly seed: number;
  /** Number of tasks. */
  readonly count: number;
  /** How many numbers are given, from 2 to 6: the knob of difficulty. Default 4. */
  readonly numbers?: number;
  /** The given numbers lie between 1 and this. Default 100. */
  readonly highest?: number;
  /** The targets lie between 1 and this. Default 999. */
  readonly highestTarget?: number;
}

const DRAWS_PER_TASK = 1000;

/**
 * Makes countdown problems: reach a target from given numbers with + - * /, each number used once.
 *
 * Every problem has a solution, since its target is what the numbers gave in some order under random
 * operations; no step of it leaves the whole numbers from 1 up. No problem comes twice. The columns
 * of a row: `prompt`, `numbers`, `target`, `solution`; `countdownReward` checks an answer.
 *
 * @throws RangeError if an option is out of range, or no more different problems can be found
 * @example
 * countdownTasks({ seed: 42, count: 1000, numbers: 3 });
 */
export function countdownTasks({
  seed,
  count,
  numbers = 4,
  highest = 100,
  highestTarget = 999,
}: CountdownOptions): Dataset {
  checkCount('countdownTasks', 'count', count);
  checkCount('countdownTasks', 'highest', highest);
  checkCount('countdownTasks', 'highestTarget', highestTarget);
  if (![2, 3, 4, 5, 6].includes(numbers)) {
    throw new RangeError(
      `countdownTasks: numbers must be from 2 to 6, got ${numbers}. Choose how many are given.`,
    );
  }
  const random = keyedRandom(seed, 'countdown', numbers);
  const rows = new Map<string, ReturnType<typeof row>>();
  for (let draws = 0; rows.size < count; draws++) {
    if (draws === count * DRAWS_PER_TASK) {
      throw new RangeError(
        `countdownTasks: needs ${count} different problems of ${numbers} numbers up to ${highest}, ` +
          `found ${rows.size}. Ask for fewer, or raise numbers or highest.`,
      );
    }
    const given = Array.from({ length: numbers }, () => 1 + random.integer(highest));
    const { target, solution } = solvedBy(given, random);
    if (target > highestTarget) continue;
    const key = [...given]
      .sort((a, b) => a - b)
      .concat(target)
      .join();
    if (!rows.has(key)) rows.set(key, row(shuffled(given, random), target, solution));
  }
  return datasetFromRows([...rows.values()], { name: 'countdown' });
}

function row(numbers: readonly number[], target: number, solution: string) {
  const prompt = `Use each of the numbers ${numbers.join(', ')} once, with + - * /, to make ${target}.`;
  return { prompt, numbers, target, solution };
}

/** Joins the numbers one after another by operations that stay among the whole numbers from 1 up. */
function solvedBy(given: readonly number[], random: Random) {
  const [first, ...rest] = given;
  let [target, solution] = [first, String(first)];
  for (const n of rest) {
    const possible = [
      { value: target + n, text: `(${solution}+${n})` },
      { value: target * n, text: `${solution}*${n}` },
      { value: target - n, text: `(${solution}-${n})` },
      { value: target / n, text: `${solution}/${n}` },
    ].filter(({ value }) => Number.isInteger(value) && value >= 1);
    const step = possible[random.integer(possible.length)];
    target = step.value;
    solution = step.text;
  }
  return { target, solution };
}

/**
 * Rewards a solution of a countdown problem: 1 if the last `<answer>…</answer>` is an expression that
 * uses exactly the row's numbers, each once, and is worth exactly the target; else 0.
 *
 * The answer may end in `= target`. Fractions on the way are allowed and exact.
 *
 * @returns a reward whose function throws if the row has no `numbers` and `target`
 * @example
 * countdownReward(); // { name: 'countdown', fn }
 */
export function countdownReward(): Reward {
  return {
    name: 'countdown',
    fn: ({ completion, row: { numbers, target } }) => {
      if (!Array.isArray(numbers) || typeof target !== 'number' || !Number.isInteger(target)) {
        throw new TypeError(
          `countdownReward: the row needs numbers (a list) and target (a whole number), ` +
            `got ${numbers} and ${target}. Make the tasks with countdownTasks.`,
        );
      }
      const answer = lastAnswer(completion);
      const [, expression = answer] = /^([^=]*)=\s*(\d+)\s*$/.exec(answer) ?? [];
      const claimed = answer === expression ? String(target) : answer.split('=')[1].trim();
      const result = evaluate(expression);
      if (result === undefined || claimed !== String(target)) return 0;
      const isSameNumbers = sorted(result.numbers) === sorted(numbers);
      return isSameNumbers && equalsInteger(result.value, target) ? 1 : 0;
    },
  };
}

function lastAnswer(completion: string): string {
  const end = completion.lastIndexOf('</answer>');
  const start = completion.lastIndexOf('<answer>', end);
  return end === -1 || start === -1 ? '' : completion.slice(start + '<answer>'.length, end);
}

function sorted(numbers: readonly unknown[]): string {
  return numbers
    .map(Number)
    .sort((a, b) => a - b)
    .join();
}
