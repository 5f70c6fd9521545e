import { expect, test } from 'vitest';
import { cosineLength } from './cosine-length.js';
import { numericAnswer } from './numeric-answer.js';
import type { Episode, RewardValue } from './types.js';

const episode = (completionTokens: number, completion = ''): Episode => ({
  messages: [],
  completion,
  completionTokens,
  row: { answer: '85' },
  environmentReward: 0,
  end: 'terminated',
});
const correctness = (value: RewardValue) => ({ name: 'correct', fn: () => value });

test.each([
  { correct: 1, tokens: 50, reward: 0.75 }, // the check values of TRL's get_cosine_scaled_reward
  { correct: 0, tokens: 50, reward: -0.75 },
  { correct: 1, tokens: 0, reward: 1 },
  { correct: 1, tokens: 25, reward: 0.5 + 0.25 * (1 + Math.SQRT1_2) },
  { correct: 1, tokens: 100, reward: 0.5 },
  { correct: 1, tokens: 500, reward: 0.5 },
  { correct: 0, tokens: 0, reward: -1 },
  { correct: 0, tokens: 100, reward: -0.5 },
  { correct: 0.9, tokens: 0, reward: -1 },
])('correctness $correct in $tokens of 100 tokens gives $reward', async (row) => {
  const { fn } = cosineLength(correctness(row.correct), { maxLength: 100 });
  expect(await fn(episode(row.tokens))).toBeCloseTo(row.reward, 12);
});

test('the ends of both scales can be given', async () => {
  const { fn } = cosineLength(numericAnswer(), { maxLength: 10, right: [2, 1], wrong: [0, 0] });
  expect(await fn(episode(0, '<answer>85</answer>'))).toBe(2);
  expect(await fn(episode(10, '<answer>85</answer>'))).toBeCloseTo(1, 12);
  expect(await fn(episode(5, '<answer>86</answer>'))).toBe(0);
});

test('where correctness does not apply, neither does length', async () => {
  expect(await cosineLength(correctness(null), { maxLength: 10 }).fn(episode(5))).toBeNull();
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
  'a limit of %s is refused',
  (maxLength) => {
    expect(() => cosineLength(correctness(1), { maxLength })).toThrow(`got ${maxLength}`);
  },
);
