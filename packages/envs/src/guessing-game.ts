import { keyedRandom } from '@grpo/random';
import { datasetFromRows } from './dataset-from-rows.js';
import { distinctIntegers } from './distinct-integers.js';
import { orderly } from './orderly.js';
import type { Dataset, EnvFactory, StepResult } from './types.js';
import { checkCount } from './within-time.js';

/** Options of `guessingTasks`. */
export interface GuessingOptions {
  readonly seed: number;
  /** Number of tasks, each with a secret of its own. */
  readonly count: number;
  /** The secrets lie between 1 and this: the knob of difficulty. Default 100. */
  readonly highest?: number;
}

/**
 * Makes tasks for `guessingGame`, no secret twice. The columns of a row: `prompt`, `secret`,
 * `highest`.
 *
 * @throws RangeError if there are fewer secrets than tasks
 * @example
 * guessingTasks({ seed: 42, count: 2, highest: 8 });
 */
export function guessingTasks({ seed, count, highest = 100 }: GuessingOptions): Dataset {
  checkCount('guessingTasks', 'highest', highest);
  if (!Number.isInteger(count) || count < 1 || count > highest) {
    throw new RangeError(
      `guessingTasks: count must be an integer from 1 to ${highest}, the number of secrets, ` +
        `got ${count}. Ask for fewer, or raise highest.`,
    );
  }
  const secrets = distinctIntegers(count, highest, keyedRandom(seed, 'guessing')).map((s) => s + 1);
  const prompt = `Guess my number from 1 to ${highest}.`;
  const rows = secrets.map((secret) => ({ prompt, secret, highest }));
  return datasetFromRows(rows, { name: 'guessing' });
}

/**
 * Environments in which the model guesses a number and hears `higher` or `lower`.
 *
 * A guess is a message that is one whole number, alone or in `<answer>…</answer>`. The right one
 * ends the episode with a reward of 1, the last wrong one with 0; `info` counts the `guesses`. With
 * enough guesses to halve the range each time, ⌈log₂(highest + 1)⌉, a perfect player always wins.
 *
 * @param options.maxGuesses default 10
 * @example
 * guessingGame({ maxGuesses: 7 })(guessingTasks({ seed: 42, count: 1 }).tasks[0]);
 */
export function guessingGame({
  maxGuesses = 10,
}: {
  readonly maxGuesses?: number;
} = {}): EnvFactory {
  checkCount('guessingGame', 'maxGuesses', maxGuesses);
  return ({ id, messages, row }) => {
    const { secret } = row;
    let guesses = 0;
    return orderly({
      async reset() {
        if (!Number.isInteger(secret)) {
          throw new Error(
            `guessingGame: needs a whole number in the column "secret" of ${id}, got ${secret}. ` +
              'Make the tasks with guessingTasks.',
          );
        }
        return { messages };
      },
      async step({ content }): Promise<StepResult> {
        guesses++;
        const guess = guessOf(content);
        const isRight = guess === secret;
        const terminated = isRight || guesses >= maxGuesses;
        const hint = { role: 'user' as const, content: hintFor(guess, Number(secret)) };
        return {
          messages: terminated ? [] : [hint],
          reward: isRight ? 1 : 0,
          terminated,
          truncated: false,
          ...(terminated && { stopReason: 'completed' }),
          info: { guesses },
        };
      },
      close: async () => {},
    });
  };
}

function guessOf(content: string): number | undefined {
  const guess = /^\s*(?:<answer>)?\s*(\d{1,15})\s*(?:<\/answer>)?\s*$/.exec(content)?.[1];
  return guess === undefined ? undefined : Number(guess);
}

function hintFor(guess: number | undefined, secret: number): string {
  if (guess === undefined) return 'Say one number.';
  return guess < secret ? 'higher' : 'lower';
}
