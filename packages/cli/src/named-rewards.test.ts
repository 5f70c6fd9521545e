import { expect, it } from 'vitest';
import { resolveRewards } from './named-rewards.js';

const episode = {
  task: 'a',
  messages: [],
  completion: '<answer>4</answer>',
  row: { sum: '4' },
  environmentReward: 0.5,
  end: 'terminated',
} as const;

it('a name, its options and its weight make a reward that pays', async () => {
  const [format, sum, paid] = resolveRewards([
    'answerFormat',
    { name: 'numericAnswer', column: 'sum', weight: 2 },
    'environmentReward',
  ]);
  const pay = (reward: typeof format) => ('fn' in reward ? reward.fn(episode) : undefined);
  expect([format, sum, paid].map(pay)).toEqual([1, 1, 0.5]);
  expect(sum.weight).toBe(2);
});

it("a reward of one's own stays as it is", () => {
  const own = { name: 'own', fn: () => 1 };
  expect(resolveRewards([own])[0]).toBe(own);
});

it('an unknown name is refused with those there are', () => {
  expect(() => resolveRewards(['toString'])).toThrow(
    /needs one of answerFormat, .* got "toString"/,
  );
});
