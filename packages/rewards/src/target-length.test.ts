import { expect, test } from 'vitest';
import { targetLength } from './target-length.js';
import type { Episode } from './types.js';

const episode = (completionTokens: number, row: Episode['row'] = {}): Episode => ({
  messages: [],
  completion: '',
  completionTokens,
  row,
  environmentReward: 0,
  end: 'terminated',
});

test.each([
  [1000, 0],
  [0, -0.3],
  [2000, -0.3],
  [900, -0.03],
])('%s tokens where 1000 are wanted give %s', (tokens, reward) => {
  expect(targetLength({ target: 1000 }).fn(episode(tokens))).toBeCloseTo(reward, 12);
});

test('the row may ask for a length, and the slope can be given', () => {
  const { fn } = targetLength({ target: ({ wanted }) => Number(wanted), alpha: 0.5 });
  expect(fn(episode(3, { wanted: 5 }))).toBe(-1);
  expect(fn(episode(3, { wanted: 3 }))).toBe(0);
});
