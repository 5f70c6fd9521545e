import type { HiddenStateModel } from '@grpo/policy';
import { expect, test, vi } from 'vitest';
import { learn, statesOf, valuesOf } from './critic.js';
import type { Critic, Rollout } from './types.js';

const rollout = (ids: number[], own: readonly number[]): Rollout => ({
  task: { id: 'a', messages: [], row: {} },
  groupId: 'a',
  ids,
  mask: ids.map((_, t) => own.includes(t)),
  logProbs: ids.map(() => 0),
  turnRewards: [],
  episode: { messages: [], completion: '', row: {}, environmentReward: 0, end: 'terminated' },
});

/** The state after a token is its id. */
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
const none = { data: new Float32Array(), shape: [0, 1] as const };

test('states stand in the order of the rollouts, however many go in one pass', async () => {
  const rollouts = [rollout([1, 2, 3], [1, 2]), rollout([4, 5, 6, 7], [3]), rollout([8, 9], [1])];
  for (const size of [1, 2, Number.POSITIVE_INFINITY]) {
    const { before, after } = await statesOf(model, rollouts, size);
    expect([[...before.data], before.shape]).toEqual([
      [1, 2, 6, 8],
      [4, 1],
    ]);
    expect([[...after.data], after.shape]).toEqual([
      [3, 7, 9],
      [3, 1],
    ]);
  }
});

test('a value function is not asked about nothing, and learns nothing from it', async () => {
  const values = vi.fn(async () => Float64Array.of(2));
  const update = vi.fn(async () => ({ metrics: { 'value/loss': 3 } }));
  const unused = async () => {};
  const critic: Critic = {
    model,
    valueFunction: { values, update, save: unused, load: unused },
    update: { learningRate: 0.5 },
  };
  expect([...(await valuesOf(critic, none))]).toEqual([]);
  expect(await learn(critic, { states: none, targets: { returns: [], oldValues: [] } })).toEqual(
    {},
  );
  expect([values.mock.calls.length, update.mock.calls.length]).toEqual([0, 0]);

  const states = { data: Float32Array.of(1), shape: [1, 1] as const };
  const targets = { returns: [1], oldValues: [2] };
  expect([...(await valuesOf(critic, states))]).toEqual([2]);
  expect(await learn(critic, { states, targets })).toEqual({ 'value/loss': 3 });
  expect(update).toHaveBeenCalledWith(states, targets, { learningRate: 0.5 });
});
