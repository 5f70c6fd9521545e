import { expect, test } from 'vitest';
import type { Episode, RewardBreakdown } from '../types.js';
import { conciseness } from './conciseness.js';

function score(completion: string, words?: number) {
  const messages = [{ role: 'user', content: 'How long should I boil an egg?' }] as const;
  const one: Episode = { messages, completion, row: {}, environmentReward: 0, end: 'terminated' };
  const reward = conciseness(words === undefined ? {} : { words });
  return reward.fn(one) as RewardBreakdown;
}

const answer =
  'Boil an egg for seven minutes if the yolk should stay soft, or ten minutes for a firm yolk and white.';

test('words beyond the budget cost in proportion', () => {
  expect(score(answer).parts.brevity).toBe(1);
  expect(score(answer, 10).parts.brevity).toBe(10 / 21);
});

test('a short answer that says little is not concise', () => {
  expect(score('It depends on you.').value).toBeLessThan((score(answer).value ?? 0) / 2);
});

test('a budget that is none is refused', () => {
  expect(() => conciseness({ words: 0 })).toThrow(RangeError);
});
