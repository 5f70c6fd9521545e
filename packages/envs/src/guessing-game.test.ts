import { describe, expect, test } from 'vitest';
import { guessingGame, guessingTasks } from './guessing-game.js';
import type { Task } from './types.js';

const secretOf = (secret: unknown): Task => ({
  id: 'guess',
  messages: [{ role: 'user', content: 'Guess.' }],
  row: { secret },
});

async function play(secret: number, guesses: readonly string[], maxGuesses = 10) {
  const env = guessingGame({ maxGuesses })(secretOf(secret));
  await env.reset({ seed: 1 });
  const heard: unknown[] = [];
  for (const content of guesses) {
    const { messages, reward, terminated } = await env.step({ role: 'assistant', content });
    heard.push(terminated ? reward : messages[0].content);
  }
  return heard;
}

describe('guessingGame', () => {
  test('hints lead to the number, which is worth 1', async () => {
    expect(await play(37, ['50', '25', '37'])).toEqual(['lower', 'higher', 1]);
  });

  test('the last wrong guess ends the game with 0, the last right one with 1', async () => {
    expect(await play(37, ['50', '25'], 2)).toEqual(['lower', 0]);
    expect(await play(37, ['50', '37'], 2)).toEqual(['lower', 1]);
  });

  test.each(['37', ' 37\n', '<answer>37</answer>', '<answer> 37 </answer>', '037'])(
    '%j is a guess',
    async (guess) => {
      expect(await play(37, [guess])).toEqual([1]);
    },
  );

  test.each(['', 'thirty-seven', '37 or 38', '1 2 3', '-37', '37.0', '9'.repeat(1000)])(
    '%j is no guess, but counts',
    async (guess) => {
      expect(await play(37, [guess])).toEqual(['Say one number.']);
      expect(await play(37, [guess], 1)).toEqual([0]);
    },
  );

  test('halving the range wins every game in the guesses it takes', async () => {
    for (let secret = 1; secret <= 100; secret++) {
      const env = guessingGame({ maxGuesses: 7 })(secretOf(secret)); // ⌈log₂ 101⌉
      await env.reset({ seed: 1 });
      let [low, high, reward] = [1, 100, 0];
      for (let isOver = false; !isOver; ) {
        const guess = Math.floor((low + high) / 2);
        const step = await env.step({ role: 'assistant', content: String(guess) });
        if (step.messages[0]?.content === 'higher') low = guess + 1;
        else high = guess - 1;
        isOver = step.terminated;
        reward = step.reward;
      }
      expect(reward, `secret ${secret}`).toBe(1);
    }
  });

  test('a task without a secret is an error that names it', async () => {
    await expect(guessingGame()(secretOf('7')).reset({ seed: 1 })).rejects.toThrow(
      'guessingGame: needs a whole number in the column "secret" of guess, got 7.',
    );
  });

  test('the number of guesses must be a count', () => {
    expect(() => guessingGame({ maxGuesses: 0 })).toThrow('guessingGame: maxGuesses must be');
  });
});

describe('guessingTasks', () => {
  test('every secret of the range can be asked for, each once', () => {
    const { tasks } = guessingTasks({ seed: 1, count: 16, highest: 16 });
    const secrets = tasks.map(({ row }) => Number(row.secret)).sort((a, b) => a - b);
    expect(secrets).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(tasks[0].messages).toEqual([{ role: 'user', content: 'Guess my number from 1 to 16.' }]);
  });

  test('the seed decides', () => {
    const secrets = (seed: number) =>
      guessingTasks({ seed, count: 10 }).tasks.map(({ row }) => row.secret);
    expect(secrets(1)).toEqual(secrets(1));
    expect(secrets(1)).not.toEqual(secrets(2));
  });

  test.each([0, 17, 1.5])('a count of %s of 16 secrets is refused', (count) => {
    expect(() => guessingTasks({ seed: 1, count, highest: 16 })).toThrow(
      `guessingTasks: count must be an integer from 1 to 16, the number of secrets, got ${count}.`,
    );
  });
});
