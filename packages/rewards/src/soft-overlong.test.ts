import { expect, test } from 'vitest';
import { softOverlong } from './soft-overlong.js';
import type { Episode } from './types.js';

const episode = (completionTokens: number, completion = ''): Episode => ({
  messages: [],
  completion,
  completionTokens,
  row: {},
  environmentReward: 0,
  end: 'terminated',
});

test.each([
  [0, 0],
  [80, 0],
  [81, -0.05],
  [90, -0.5], // the check value of TRL's get_soft_overlong_punishment
  [100, -1],
  [101, -1],
  [1_000_000, -1],
])('%s of 100 tokens with a cache of 20 give %s', (tokens, reward) => {
  expect(softOverlong({ maxLength: 100, cache: 20 }).fn(episode(tokens))).toBe(reward);
});

test('another count can be given', () => {
  const count = ({ completion }: Episode) => completion.length;
  expect(softOverlong({ maxLength: 10, cache: 4, count }).fn(episode(0, '12345678'))).toBe(-0.5);
});

test.each([
  [100, 0],
  [100, 101],
  [100, Number.NaN],
  [Number.POSITIVE_INFINITY, 20],
])('a limit of %s with a cache of %s is refused', (maxLength, cache) => {
  expect(() => softOverlong({ maxLength, cache })).toThrow(
    `got cache ${cache} and maxLength ${maxLength}`,
  );
});
