import { expect, test } from 'vitest';
import { normalizeInGroup } from './normalize-in-group.js';
import { scoreEpisodes } from './score-episodes.js';
import type { Episode, Reward } from './types.js';

const group = (said: readonly string[]): Episode[] =>
  said.map((completion) => ({
    task: 'x',
    messages: [],
    completion,
    row: {},
    environmentReward: 0,
    end: 'terminated',
  }));
const number: Reward = {
  name: 'number',
  weight: 2,
  fn: ({ completion }) => (completion === '' ? null : Number(completion)),
};

test('rewards of a group have mean 0 and standard deviation 1, whatever their scale', async () => {
  const small = await scoreEpisodes([normalizeInGroup(number)], group(['1', '2', '', '3']));
  const large = await scoreEpisodes(
    [normalizeInGroup(number)],
    group(['1000', '2000', '', '3000']),
  );
  expect(small.values.flat()).toEqual([-1 / 1.0001, 0, null, 1 / 1.0001]);
  expect(large.values[0][0]).toBeCloseTo(-1, 6);
  expect(small.parts[0]).toEqual({ 'number/raw': 1 });
});

test.each([[['5', '5', '5']], [['5']]])('the rewards %j all give 0', async (said) => {
  const { values } = await scoreEpisodes([normalizeInGroup(number)], group(said));
  expect(values.flat()).toEqual(said.map(() => 0));
});

test('name and weight stay, and a member that fails fails its group', async () => {
  expect(normalizeInGroup(number)).toMatchObject({ name: 'number', weight: 2 });
  const { values, failures } = await scoreEpisodes([normalizeInGroup(number)], group(['1', 'x']));
  expect(values).toEqual([[null], [null]]);
  expect(failures.map(({ kind }) => kind)).toEqual(['thrown', 'thrown']);
});
