/** The guessing game as a small model learns it: it hears `higher` or `lower`, and is paid for the right number. */
import { guessingGame, guessingTasks } from '@grpo/envs';
import { environmentReward } from '@grpo/trainer';
import type { WordTask } from './word-task.js';

/**
 * @param highest of the numbers
 * @param guesses that the model has
 */
export function guessingTask(highest: number, guesses: number): WordTask {
  const numbers = Array.from({ length: highest }, (_, i) => String(i + 1));
  const secrets = (seed: number) => guessingTasks({ seed, count: highest, highest });
  return {
    words: ['Guess my number from 1 to ', '.', 'higher', 'lower', 'Say one number.', ...numbers],
    env: guessingGame({ maxGuesses: guesses }),
    training: secrets,
    tested: secrets, // there are no others
    rewards: [
      environmentReward(),
      {
        name: 'saysNumbers', // a model that never says a number never wins: this leads it to the game
        weight: 0.2,
        fn: ({ messages }) => {
          const said = messages.filter(({ role }) => role === 'assistant');
          return said.filter(({ content }) => numbers.includes(content)).length / said.length;
        },
      },
    ],
    config: {
      maxTurns: guesses,
      maxCompletionLength: 2, // a number and the end
      promptsPerStep: highest,
      numGenerations: 32,
      learningRate: 1e-3,
    },
    beta: 0.06,
  };
}
