import { groupRelative, grpo } from '@grpo/advantage';
import { arithmeticTasks, curriculum } from '@grpo/envs';
import { adaptiveEntropy, adaptiveKl, clippedLoss, entropyBonus } from '@grpo/policy-loss';
import { runningNormalizer } from '@grpo/rewards';
import { expect, test } from 'vitest';
import { gaeEstimator } from './gae-estimator.js';
import { memoriesOf, restoreMemories, updateControllers } from './memories.js';

const make = () => {
  const beta = adaptiveKl({ initial: 0.1, target: 0.01, horizon: 100 });
  return {
    beta,
    advantage: groupRelative({ baseline: 'moving-average', scaling: 'none' }),
    loss: clippedLoss({ beta }),
  };
};
const batch = (reward: number) => ({ rewards: [[reward]], groupIds: ['a'] });

test('what was saved comes back: the average and the coefficient', () => {
  const parts = make();
  parts.advantage(batch(1));
  updateControllers(parts.loss, { kl: 1 }, 50);
  expect(parts.beta.value).toBeCloseTo(0.1 * (1 + (0.2 * 50) / 100), 12);
  const saved = JSON.parse(JSON.stringify(memoriesOf(parts)));

  const fresh = make();
  restoreMemories(fresh, saved);
  expect(fresh.beta.value).toBe(parts.beta.value);
  expect([...fresh.advantage(batch(0)).advantages]).toEqual([-1]);
});

test('controllers hear of KL and entropy where a step has them', () => {
  const eta = adaptiveEntropy({ initial: 0.5, target: 0.2, delta: 0.1 });
  const loss = clippedLoss({ beta: adaptiveKl(), entropy: { coefficient: eta } });
  expect(loss.controllers).toHaveLength(2);
  updateControllers(loss, {}, 8);
  expect(eta.value).toBe(0); // no entropy yet
  updateControllers(loss, { entropy: 0.1 }, 8);
  expect(eta.value).toBeCloseTo(0.6, 12);
  expect(entropyBonus({ coefficient: eta }).controllers).toEqual([eta]);
});

test('a curriculum goes on at its level, and only where one was saved', () => {
  const sums = arithmeticTasks({ seed: 1, count: 4 });
  const parts = () => ({ ...make(), dataset: curriculum([sums, sums], { window: 1 }) });
  const trained = parts();
  trained.dataset.update?.([{ task: sums.tasks[0], reward: 1 }]);
  const saved = JSON.parse(JSON.stringify(memoriesOf(trained)));
  expect(saved.tasks).toEqual({ level: 1, seen: 0, successes: 0 });
  const resumed = parts();
  restoreMemories(resumed, saved);
  expect(resumed.dataset.memory?.save()).toEqual(saved.tasks);
  expect(memoriesOf({ ...make(), dataset: sums })).not.toHaveProperty('tasks');
  expect(() => restoreMemories({ ...make(), dataset: sums }, saved)).toThrow(
    'got one without memory where one with was saved. Resume with the same tasks.',
  );
});

test('a reward goes on with the scale that it has learned, and only where one was saved', async () => {
  const episode = { messages: [], row: {}, environmentReward: 0, end: 'terminated' } as const;
  const parts = () => {
    const length = { name: 'length', fn: (e: { completion: string }) => e.completion.length };
    return { ...make(), rewards: [{ name: 'none', fn: () => 0 }, runningNormalizer(length)] };
  };
  const trained = parts();
  for (const completion of ['a', 'abc']) await trained.rewards[1].fn({ ...episode, completion });
  const saved = JSON.parse(JSON.stringify(memoriesOf(trained)));
  expect(saved.rewards).toEqual({ length: { count: 2, mean: 2, squares: 2 } });
  const resumed = parts();
  restoreMemories(resumed, saved);
  expect(memoriesOf(resumed)).toEqual(saved);
  expect(() => restoreMemories({ ...make(), rewards: [] }, saved)).toThrow(
    'needs the rewards of the saved run, got none with memory where length with memory were saved.',
  );
});

test('parts without memory save nothing and take nothing', () => {
  for (const advantage of [grpo(), gaeEstimator()]) {
    const parts = { advantage, loss: clippedLoss() };
    expect(memoriesOf(parts)).toEqual({});
    expect(() => restoreMemories(parts, {})).not.toThrow();
  }
});

test('numbers of other parts are refused', () => {
  const saved = memoriesOf(make());
  const other = { advantage: grpo(), loss: clippedLoss() };
  expect(() => restoreMemories(other, saved)).toThrow('Resume with the same parts.');
  expect(() => restoreMemories(make(), {})).toThrow(
    'got an advantage with memory and a loss of 1 controllers where one without and 0 were saved',
  );
});
