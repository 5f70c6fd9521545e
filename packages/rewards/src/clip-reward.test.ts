import { expect, test } from 'vitest';
import { clipReward } from './clip-reward.js';
import { scoreEpisodes } from './score-episodes.js';
import type { Episode, RewardValue } from './types.js';

const episode: Episode = {
  messages: [],
  completion: '',
  row: {},
  environmentReward: 0,
  end: 'terminated',
};
const fixed = (value: RewardValue) => ({ name: 'fixed', weight: 2, fn: () => value });

test.each([
  { value: 5, range: { low: -1, high: 1 }, clipped: 1 },
  { value: -5, range: { low: -1, high: 1 }, clipped: -1 },
  { value: 0.3, range: { low: -1, high: 1 }, clipped: 0.3 },
  { value: 5, range: { low: 0 }, clipped: 5 },
  { value: -5, range: { low: 0 }, clipped: 0 },
  { value: -5, range: { high: 0 }, clipped: -5 },
  { value: null, range: { low: 0, high: 1 }, clipped: null },
])('$value in $range is $clipped', async ({ value, range, clipped }) => {
  const { values, parts } = await scoreEpisodes([clipReward(fixed(value), range)], [episode]);
  expect(values).toEqual([[clipped]]);
  expect(parts).toEqual([{ 'fixed/unclipped': value }]);
});

test('name and weight stay', () => {
  expect(clipReward(fixed(1), { low: 0 })).toMatchObject({ name: 'fixed', weight: 2 });
});

test.each([
  { low: 1, high: 0 },
  { low: Number.NaN, high: 0 },
])('the range $low … $high is refused', (range) => {
  expect(() => clipReward(fixed(1), range)).toThrow('clipReward: low must not exceed high');
});
