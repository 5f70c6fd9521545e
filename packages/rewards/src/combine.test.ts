import { describe, expect, test } from 'vitest';
import { type Combination, combine } from './combine.js';
import { runningNormalizer } from './running-normalizer.js';
import { scoreEpisodes } from './score-episodes.js';
import type { Episode, Reward, RewardValue } from './types.js';

const episode: Episode = {
  messages: [],
  completion: '',
  row: {},
  environmentReward: 0,
  end: 'terminated',
};
const part = (name: string, value: RewardValue, weight?: number): Reward => ({
  name,
  fn: () => value,
  ...(weight !== undefined && { weight }),
});
const value = async (parts: readonly Reward[], by?: Combination) =>
  (await scoreEpisodes([combine('whole', parts, by && { by })], [episode])).values[0][0];

const parts = [part('a', 0.5, 2), part('b', -1), part('c', null, 5), part('d', 100, 0)];
const unweighted = [part('a', 0.5), part('b', -1), part('c', null), part('d', 100, 0)];

describe('values', () => {
  test.each([
    { by: 'sum', parts, expected: 2 * 0.5 - 1 },
    { by: 'mean', parts, expected: (2 * 0.5 - 1) / 3 },
    { by: 'min', parts: unweighted, expected: -1 },
    { by: 'max', parts: unweighted, expected: 0.5 },
    { by: 'product', parts: unweighted, expected: -0.5 },
  ] as const)('the $by leaves out what does not apply and what has weight 0', async (row) => {
    expect(await value(row.parts, row.by)).toBeCloseTo(row.expected, 12);
  });

  test('the sum is the default', async () => {
    expect(await value([part('a', 1, -0.5), part('b', 2)])).toBe(1.5);
  });

  test.each(['sum', 'mean', 'min', 'max', 'product'] as const)(
    'a %s of which no part applies does not apply',
    async (by) => {
      expect(await value([part('a', null), part('b', 1, 0)], by)).toBeNull();
    },
  );
});

test('the values of all parts are logged, those of a part that is combined itself too', async () => {
  const inner = combine('inner', [part('x', 1), part('y', 2)]);
  const { values, parts: logged } = await scoreEpisodes(
    [combine('whole', [inner, part('z', null)])],
    [episode],
  );
  expect(values).toEqual([[3]]);
  expect(logged).toEqual([
    { 'whole/inner': 3, 'whole/inner/x': 1, 'whole/inner/y': 2, 'whole/z': null },
  ]);
});

test.each([
  { fn: () => Number.NaN, reason: 'its part "odd" returned NaN' },
  { fn: () => Promise.reject(new Error('down')), reason: 'down' },
])('a part that fails ($reason) fails the whole', async ({ fn, reason }) => {
  const whole = combine('whole', [part('a', 1), { name: 'odd', fn }]);
  const { values, failures } = await scoreEpisodes([whole], [episode]);
  expect(values).toEqual([[null]]);
  expect(failures[0]?.reason).toContain(`Reward "whole" threw "${reason}"`);
});

describe('arguments', () => {
  test('no parts, and two of one name, are refused', () => {
    expect(() => combine('whole', [])).toThrow('different names for "whole", got none');
    expect(() => combine('whole', [part('a', 1), part('a', 2)])).toThrow('got a, a. Rename one');
  });

  test.each([
    { by: 'sum', weight: Number.NaN, needs: 'finite' },
    { by: 'mean', weight: -1, needs: 'finite and not negative' },
    { by: 'min', weight: 2, needs: '0 or 1' },
    { by: 'max', weight: 0.5, needs: '0 or 1' },
    { by: 'product', weight: -1, needs: '0 or 1' },
  ] as const)('a weight of $weight in a $by is refused', ({ by, weight, needs }) => {
    expect(() => combine('whole', [part('a', 1, weight)], { by })).toThrow(
      `combine: weights of a ${by} must be ${needs}, got ${weight} for "whole".`,
    );
  });
});

test('a whole remembers what its parts remember, and says so only where they do', async () => {
  const length: Reward = { name: 'length', fn: ({ completion }) => completion.length };
  const make = () => combine('whole', [part('a', 1), runningNormalizer(length)]);
  const [straight, resumed] = [make(), make()];
  const score = async (reward: Reward, completion: string) =>
    (await scoreEpisodes([reward], [{ ...episode, completion }])).values[0][0];
  for (const said of ['a', 'abc']) await score(straight, said);
  const saved = JSON.parse(JSON.stringify(straight.memory?.save()));
  expect(saved).toEqual({ 'length/count': 2, 'length/mean': 2, 'length/squares': 2 });
  resumed.memory?.load(saved);
  expect(await score(resumed, 'abcdef')).toBe(await score(straight, 'abcdef'));
  expect(() => resumed.memory?.load({})).toThrow('needs count, mean and squares, got {}');
  expect(combine('whole', parts)).not.toHaveProperty('memory');
});
