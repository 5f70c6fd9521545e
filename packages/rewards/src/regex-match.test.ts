import { expect, test } from 'vitest';
import { regexMatch } from './regex-match.js';
import type { Episode } from './types.js';

const episode = (completion: string): Episode => ({
  messages: [],
  completion,
  row: {},
  environmentReward: 0,
  end: 'terminated',
});

test('a date and nothing else', () => {
  const { fn } = regexMatch(/^\d{4}-\d{2}-\d{2}$/);
  expect(fn(episode('2024-02-29'))).toBe(1);
  expect(fn(episode('On 2024-02-29.'))).toBe(0);
});

test('a global pattern gives the same each time', () => {
  const { fn } = regexMatch(/a/g);
  expect([fn(episode('a')), fn(episode('a')), fn(episode('a'))]).toEqual([1, 1, 1]);
});
