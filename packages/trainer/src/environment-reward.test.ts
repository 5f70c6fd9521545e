import { expect, test } from 'vitest';
import { environmentReward, rewardsInTime } from './environment-reward.js';
import type { Rollout } from './types.js';

const rollout = (turnRewards: Rollout['turnRewards']): Rollout => ({
  task: { id: 'a', messages: [], row: {} },
  groupId: 'a',
  ids: [],
  mask: [],
  logProbs: [],
  turnRewards,
  episode: { messages: [], completion: '', row: {}, environmentReward: 3, end: 'terminated' },
});
// Prompt, a turn of two tokens, an answer of the environment, a turn of one token.
const layout = { mask: [0, 1, 1, 0, 1, 0, 1, 0, 0, 0], shape: [2, 5] as const };
const rollouts = [
  rollout([
    { at: 2, reward: 1 },
    { at: 4, reward: 2 },
  ]),
  rollout([{ at: 1, reward: 4 }]),
];
const other = { name: 'other', fn: () => 0 };

test('a turn is paid at its last token, the rest comes last, and a row adds up to its score', () => {
  const rewards = [other, { ...environmentReward(), weight: 0.5 }];
  const values = [
    [10, 3],
    [10, 4],
  ];
  const scores = Float64Array.of(10 + 1.5, 10 + 2);
  const spread = rewardsInTime(rewards, rollouts, values, scores, layout);
  expect([...spread]).toEqual([0, 0, 0.5, 0, 11, 0, 12, 0, 0, 0]);
});

test('without it, or where it does not apply, the score comes last', () => {
  const scores = Float64Array.of(3, 4);
  const last = [0, 0, 0, 0, 3, 0, 4, 0, 0, 0];
  expect([...rewardsInTime([other], rollouts, [[3], [4]], scores, layout)]).toEqual(last);
  const values = [
    [3, null],
    [4, null],
  ];
  const rewards = [other, environmentReward()];
  expect([...rewardsInTime(rewards, rollouts, values, scores, layout)]).toEqual(last);
});

test('a reward per turn pays each turn at its last token, by its weight', () => {
  const perTurn = { name: 'perTurn', turnFn: () => [], weight: 2 };
  const values = [
    [10, 3],
    [10, null],
  ];
  const turns = [{ perTurn: [1, 2] }, { perTurn: [null] }];
  const scores = Float64Array.of(10 + 2 * 3, 10);
  const spread = rewardsInTime([other, perTurn], rollouts, values, scores, layout, turns);
  expect([...spread]).toEqual([0, 0, 2, 0, 14, 0, 10, 0, 0, 0]);
});

test('it is the sum of what the environment paid', () => {
  expect(environmentReward().fn(rollouts[0].episode)).toBe(3);
});
