import { drGrpo } from '@grpo/advantage';
import { expect, test } from 'vitest';
import { shuffledRewards } from './shuffled-rewards.js';

const rewards = Array.from({ length: 16 }, (_, i) => [i]);
const batch = { rewards, groupIds: rewards.map(() => 'a') };
const deal = (estimator: ReturnType<typeof shuffledRewards>) => [...estimator(batch).advantages];

test('the rewards stay the same and change their places, in every step otherwise', () => {
  const estimator = shuffledRewards(drGrpo(), 1);
  const straight = [...drGrpo()(batch).advantages];
  const [first, second] = [deal(estimator), deal(estimator)];
  for (const dealt of [first, second]) {
    expect(dealt).not.toEqual(straight);
    expect([...dealt].sort((a, b) => a - b)).toEqual(straight);
  }
  expect(second).not.toEqual(first);
});

test('what follows a load is what would have followed the save', () => {
  const straight = shuffledRewards(drGrpo(), 1);
  deal(straight);
  const resumed = shuffledRewards(drGrpo(), 1);
  resumed.memory?.load(straight.memory?.save() ?? {});
  expect(deal(resumed)).toEqual(deal(straight));
});
