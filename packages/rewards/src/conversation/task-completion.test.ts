import { expect, test } from 'vitest';
import type { Episode, RewardBreakdown } from '../types.js';
import { taskCompletion } from './task-completion.js';

function score(completion: string, more: Partial<Episode> = {}) {
  const request = 'Name a red fruit and explain how bread rises.';
  const messages = [{ role: 'user', content: request }] as const;
  const base = { messages, completion, row: {}, environmentReward: 0, end: 'terminated' } as const;
  return taskCompletion().fn({ ...base, ...more }) as RewardBreakdown;
}

const both =
  'A strawberry is a red fruit. Yeast makes bread rise, because it turns sugar into gas that the dough holds.';

test('each part of the request counts', () => {
  expect(score(both).parts.done).toBe(1);
  expect(score('A strawberry is a red fruit.').parts.done).toBe(0.5);
});

test('a list of criteria in the row comes before the request', () => {
  const row = { criteria: ['mentions yeast', 'mentions the oven temperature'] };
  expect(score(both, { row }).parts.done).toBe(0.5);
});

test('an episode that was cut off is worth half', () => {
  const whole = score(both).value ?? 0;
  expect(score(both, { end: 'length' }).value).toBeCloseTo(whole / 2, 12);
});
