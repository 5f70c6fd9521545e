import { groupRelative, grpo } from '@grpo/advantage';
import type { HiddenStateModel, HiddenStates } from '@grpo/policy';
import type { EpisodeEnd } from '@grpo/rewards';
import { expect, test } from 'vitest';
import { resolveConfig } from './config.js';
import { estimateAdvantages } from './estimate-advantages.js';
import { gaeEstimator } from './gae-estimator.js';
import type { Critic, Rollout, TrainParts } from './types.js';

const rollout = (ids: number[], own: readonly number[], end: EpisodeEnd): Rollout => ({
  task: { id: 'a', messages: [], row: {} },
  groupId: 'a',
  ids,
  mask: ids.map((_, t) => own.includes(t)),
  logProbs: ids.map(() => 0),
  turnRewards: [],
  episode: { messages: [], completion: '', row: {}, environmentReward: 0, end },
});

// The state after a token is its id, and the value of a state is a tenth of it.
const model: HiddenStateModel = {
  hiddenStates: async ({ ids, mask, lengths, shape: [B, T] }) => {
    const places = [...mask.keys()].filter((i) => mask[i] === 1);
    const after = Array.from(lengths, (length, b) => ids[b * T + length - 1]);
    return {
      before: { data: Float32Array.from(places, (i) => ids[i - 1]), shape: [places.length, 1] },
      after: { data: Float32Array.from(after), shape: [B, 1] },
    };
  },
};
const unused = async () => {};
const critic: Critic = {
  model,
  valueFunction: {
    values: async ({ data }: HiddenStates) => Float64Array.from(data, (id) => id / 10),
    update: async () => ({ metrics: {} }),
    save: unused,
    load: unused,
  },
  update: { learningRate: 0 },
};
const config = resolveConfig({ maxSteps: 1, microBatchSize: 2 });
const rewards = [{ name: 'r', fn: () => 0, weight: 2 }];
const estimate = (parts: Partial<TrainParts>, rollouts: Rollout[], values: (number | null)[]) =>
  estimateAdvantages({ rewards, ...parts } as TrainParts, config, 0, rollouts, {
    values: values.map((value) => [value]),
  });

const rollouts = [
  rollout([5, 1, 2, 7, 3], [1, 2, 4], 'terminated'), // 7 is the environment's
  rollout([5, 4], [1], 'length'),
  { ...rollout([5, 6], [1], 'error'), failure: { kind: 'thrown' as const, reason: 'lost' } },
  rollout([5, 8, 9], [1, 2], 'terminated'), // no reward applies
];
const values = [0.5, 0.25, null, null];

test('per token: values of own tokens alone, the score at the end, a cut-off goes on with its value', async () => {
  const options = { lambda: 1, isWhitened: false, isCutOffBootstrapped: true };
  const advantage = gaeEstimator(options);
  const { advantages, lesson, metrics } = await estimate({ advantage, critic }, rollouts, values);
  // V is 0.5, 0.1, 0.7 in the first, whose score is 2 · 0.5; 0.5 in the second, 2 · 0.25 + V(4) = 0.9.
  const expected = [0, 0.5, 0.9, 0, 0.3, 0, 0.4, ...new Array<number>(13).fill(0)];
  [...advantages].forEach((A, i) => {
    expect(A).toBeCloseTo(expected[i], 7);
  });
  expect(advantages).toHaveLength(4 * 5);
  expect(lesson && [...lesson.states.data]).toEqual([5, 1, 7, 5]);
  expect(Array.from(lesson?.targets.returns ?? [], (R) => Number(R.toFixed(6)))).toEqual([
    1, 1, 1, 0.9,
  ]);
  expect(Array.from(lesson?.targets.oldValues ?? [])).toEqual([0.5, 0.1, 0.7, 0.5]);
  expect(metrics.reward).toBeCloseTo(0.75, 12);
});

test('per completion: the value of the state in which the model starts to answer is the baseline', async () => {
  const advantage = groupRelative({ baseline: 'learned', scaling: 'none' });
  const { advantages, lesson } = await estimate({ advantage, critic }, rollouts, values);
  expect([...advantages]).toEqual([0.5, 0, 0, 0]); // 1 − 0.5, 0.5 − 0.5, and two without a score
  expect(lesson && [...lesson.states.data]).toEqual([5, 5]);
  expect(lesson?.targets).toEqual({ returns: [1, 0.5], oldValues: Float64Array.of(0.5, 0.5) });
});

test('without a critic, advantages are those of the estimator and there is no lesson', async () => {
  const result = await estimate({ advantage: grpo() }, rollouts, values);
  const batch = {
    rewards: values.map((value) => [value]),
    weights: [2],
    groupIds: ['a', 'a', 'a', 'a'],
  };
  expect(result).toEqual(grpo()(batch));
});

test('where nothing could be scored, all advantages are 0 and the critic has nothing to learn', async () => {
  const nothing = rollouts.map(() => null);
  for (const advantage of [gaeEstimator(), groupRelative({ baseline: 'learned' })]) {
    const { advantages, lesson } = await estimate({ advantage, critic }, rollouts, nothing);
    expect(advantages.every((A) => A === 0)).toBe(true);
    expect(lesson?.states.shape[0]).toBe(0);
  }
});

test('advantages per token need a critic', async () => {
  await expect(estimate({ advantage: gaeEstimator() }, rollouts, values)).rejects.toThrow(
    'advantages per token need a critic, got none',
  );
});

test('the optimal baseline weighs a score by how unsure the sampler was of its tokens', async () => {
  const [sure, unsure] = [Math.log(0.9), Math.log(0.5)];
  const of = (logProbs: number[]) => ({ ...rollout([5, 1, 2], [1, 2], 'terminated'), logProbs });
  const { advantages } = await estimate(
    { advantage: groupRelative({ baseline: 'optimal', scaling: 'none' }) },
    [of([0, sure, sure]), of([0, unsure, unsure])],
    [1, 0],
  );
  // Squared gradients 2 · 0.1² and 2 · 0.5², scores 2 and 0: the weight of a reward is 2.
  const baseline = (0.02 * 2) / (0.02 + 0.5);
  expect(advantages[0]).toBeCloseTo(2 - baseline, 12);
  expect(advantages[1]).toBeCloseTo(-baseline, 12);
});
