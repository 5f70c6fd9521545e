import { expect, test } from 'vitest';
import { toBatches } from './batch.js';
import { LossMetrics, meanOf, rolloutMetrics } from './step-metrics.js';
import type { Rollout } from './types.js';

const rollout = (own: number, end: 'length' | 'terminated'): Rollout => ({
  task: { id: 'a', messages: [], row: {} },
  groupId: 'a',
  ids: [1, ...new Array<number>(own).fill(2)],
  mask: [false, ...new Array<boolean>(own).fill(true)],
  logProbs: new Array<number>(own + 1).fill(0),
  turnRewards: [],
  episode: { messages: [], completion: '', row: {}, environmentReward: 0, end },
});

test('completions and rewards are counted, rewards over the episodes they apply to', () => {
  const last = rollout(4, 'terminated');
  const again = { ...last, retries: 3, episode: { ...last.episode, stopReason: 'completed' } };
  const rollouts = [rollout(2, 'terminated'), rollout(6, 'length'), again];
  const values = [
    [1, null],
    [0, null],
    [null, null],
  ];
  const failures = [
    { episode: 2, kind: 'reward/answer/thrown', reason: 'r' },
    { episode: 2, kind: 'reward/never/thrown', reason: 'r' },
    { episode: 1, kind: 'reward/never/thrown', reason: 'r' },
  ];
  const parts = [{ 'answer/wit': 1, 'answer/none': null }, { 'answer/wit': 0.5 }, {}];
  const rewards = ['answer', 'never'].map((name) => ({ name, fn: () => 0 }));
  expect(rolloutMetrics(rollouts, { values, parts, failures }, rewards)).toEqual({
    num_tokens: 12,
    'completions/mean_length': 4,
    'completions/min_length': 2,
    'completions/max_length': 6,
    'completions/clipped_ratio': 1 / 3,
    'failures/share': 2 / 3,
    'failures/reward/answer/thrown': 1,
    'failures/reward/never/thrown': 2,
    'stop/completed': 1 / 3,
    'rollouts/retries': 3,
    'rewards/answer/wit/mean': 0.75,
    'rewards/answer/mean': 0.5,
  });
});

test('metrics of micro-batches are weighted by their tokens, losses are added', () => {
  const rollouts = [rollout(3, 'terminated'), rollout(1, 'terminated')];
  const [long, short] = toBatches(rollouts, new Float64Array(2), 1, 1);
  const metrics = new LossMetrics(4);
  const logProbs = new Float64Array();
  metrics.add({ loss: 0.5, metrics: { kl: 0.1 }, logProbs }, long);
  metrics.add({ loss: 0.25, metrics: { kl: 0.5 }, logProbs }, short);
  const means = metrics.means();
  expect(means.loss).toBe(0.75);
  expect(means.kl).toBeCloseTo(0.75 * 0.1 + 0.25 * 0.5, 12);
});

test('metrics of several optimizer steps are averaged, those of none are none', () => {
  expect(
    meanOf([
      { loss: 1, kl: 0 },
      { loss: 2, kl: 0.5 },
    ]),
  ).toEqual({ loss: 1.5, kl: 0.25 });
  expect(meanOf([])).toEqual({});
});
