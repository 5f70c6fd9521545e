import { expect, test } from 'vitest';
import { stepSize, toBatches } from './batch.js';
import type { Rollout } from './types.js';

const rollout = (ids: number[], own: number, failure?: string, groupId = 'a'): Rollout => ({
  task: { id: 'a', messages: [], row: {} },
  groupId,
  ids,
  mask: ids.map((_, t) => t >= ids.length - own),
  logProbs: ids.map((_, t) => (t >= ids.length - own ? -t : 0)),
  turnRewards: [],
  episode: { messages: [], completion: '', row: {}, environmentReward: 0, end: 'terminated' },
  ...(failure === undefined ? {} : { failure: { kind: 'thrown' as const, reason: failure } }),
});
const rollouts = [rollout([1, 2, 3], 1), rollout([4, 5, 6, 7], 2), rollout([8, 9], 1, 'env: lost')];
const advantages = Float64Array.of(0.5, -0.5, 0);

test('rows are right-padded, and a failed rollout is masked throughout', () => {
  const [batch] = toBatches(rollouts, advantages, Number.POSITIVE_INFINITY, 0.9);
  expect(batch.tokens.shape).toEqual([3, 4]);
  expect([...batch.tokens.ids]).toEqual([1, 2, 3, 0, 4, 5, 6, 7, 8, 9, 0, 0]);
  expect([...batch.tokens.mask]).toEqual([0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0]);
  expect([...batch.samplerLogProbs]).toEqual([0, 0, -2, 0, 0, 0, -2, -3, 0, -1, 0, 0]);
  expect([...batch.tokens.lengths]).toEqual([3, 4, 2]);
  expect(batch.tokens.temperature).toBe(0.9);
});

test('micro-batches divide the rows and keep the size of the whole step', () => {
  const batches = toBatches(rollouts, advantages, 2, 1);
  expect(batches.map(({ tokens }) => tokens.shape)).toEqual([
    [2, 4],
    [1, 2],
  ]);
  expect(batches.map((batch) => [...batch.advantages])).toEqual([[0.5, -0.5], [0]]);
  expect(stepSize(batches)).toEqual({ tokens: 3, sequences: 3 });
});

test('advantages per token are divided with their rows and narrowed with their batch', () => {
  const perToken = Float64Array.of(0, 0, 1, 0, 0, 0, 2, 3, 0, 4, 0, 0); // [3, 4]
  const batches = toBatches(rollouts, perToken, 2, 1);
  expect(batches.map((batch) => [...batch.advantages])).toEqual([
    [0, 0, 1, 0, 0, 0, 2, 3],
    [0, 4],
  ]);
});

test('a batch names its groups where it holds them whole; a loss that compares members would else be wrong', () => {
  const two = [...rollouts, rollout([1, 2], 1, undefined, 'b')];
  const whole = toBatches(two, new Float64Array(4), 3, 1);
  expect(whole.map(({ groupIds }) => groupIds)).toEqual([['a', 'a', 'a'], ['b']]);
  expect(stepSize(whole)).toEqual({ tokens: 4, sequences: 4, groups: 2 });
  const split = toBatches(two, new Float64Array(4), 2, 1);
  expect(split.map((batch) => 'groupIds' in batch)).toEqual([false, false]);
});
