import { expect, test } from 'vitest';
import { runningNormalizer } from './running-normalizer.js';
import type { Episode } from './types.js';

const episode = (completion: string): Episode => ({
  messages: [],
  completion,
  row: {},
  environmentReward: 0,
  end: 'terminated',
});
const number = {
  name: 'number',
  fn: ({ completion }: Episode) => (completion === '' ? null : Number(completion)),
};

test('each value is normalised by those before it and itself', async () => {
  const reward = runningNormalizer(number);
  const values: unknown[] = [];
  for (const said of ['1', '3', '', '2']) values.push(await reward.fn(episode(said)));
  expect(values).toEqual([
    { value: 0, parts: { raw: 1 } },
    { value: expect.closeTo(1 / Math.SQRT2, 6), parts: { raw: 3 } },
    { value: null, parts: { raw: null } },
    { value: 0, parts: { raw: 2 } },
  ]);
  expect(reward.memory.save()).toEqual({ count: 3, mean: 2, squares: 2 });
});

test('a restored normaliser goes on as one that was not broken', async () => {
  const [whole, broken, resumed] = [1, 2, 3].map(() => runningNormalizer(number));
  for (const said of ['1', '3']) {
    await whole.fn(episode(said));
    await broken.fn(episode(said));
  }
  resumed.memory.load(JSON.parse(JSON.stringify(broken.memory.save())));
  expect(await resumed.fn(episode('9'))).toEqual(await whole.fn(episode('9')));
});

test('numbers of something else are refused', () => {
  expect(() => runningNormalizer(number).memory.load({ count: -1, mean: 0, squares: 0 })).toThrow(
    'runningNormalizer: needs count, mean and squares, got {"count":-1',
  );
});
