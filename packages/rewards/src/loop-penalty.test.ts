import { expect, test } from 'vitest';
import { loopPenalty } from './loop-penalty.js';
import type { Episode } from './types.js';

const reward = (completion: string, options = {}) => {
  const episode: Episode = {
    messages: [],
    completion,
    row: {},
    environmentReward: 0,
    end: 'length',
  };
  return loopPenalty(options).fn(episode);
};

test.each([
  { text: 'go on go on go on go on', r: -1 },
  { text: 'go on go on go on go', r: -1 }, // cut off within the block
  { text: 'We begin and go on go on go on', r: -6 / 9 },
  { text: 'no no', r: 0 },
  { text: 'no no no', r: -1 },
  { text: 'no no no, that is all', r: 0 },
  { text: 'one two three four five', r: 0 },
  { text: '', r: 0 },
])('$text gives $r', ({ text, r }) => {
  expect(reward(text)).toBeCloseTo(r, 12);
});

test('block, repeats and penalty can be set', () => {
  expect(reward('a b c a b c', { minRepeats: 2, maxPenalty: -2 })).toBe(-2);
  expect(reward('a b c a b c a b c', { maxPeriod: 2 })).toBe(0);
});

test.each([{ maxPeriod: 0 }, { minRepeats: 1 }, { maxPenalty: 1 }])('%o is refused', (options) => {
  expect(() => loopPenalty(options)).toThrow('loopPenalty: needs maxPeriod');
});
