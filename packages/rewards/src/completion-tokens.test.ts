import { expect, test } from 'vitest';
import { completionTokens } from './completion-tokens.js';
import type { Episode } from './types.js';

const episode: Episode = {
  messages: [],
  completion: 'a b',
  row: {},
  environmentReward: 0,
  end: 'terminated',
};

test('the count of the episode is taken, 0 too', () => {
  const count = completionTokens('softOverlong');
  expect(count({ ...episode, completionTokens: 0 })).toBe(0);
  expect(count({ ...episode, completionTokens: 7 })).toBe(7);
});

test('an episode without a count is an error that names the reward', () => {
  expect(() => completionTokens('softOverlong')(episode)).toThrow(
    'softOverlong: needs an episode that knows its completionTokens, got none. Set it where the ' +
      'episode is made, or give softOverlong the option count.',
  );
});
