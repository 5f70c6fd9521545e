import type { Reward } from '@grpo/rewards';
import { expect, test } from 'vitest';
import { taskOutcomes } from './task-outcomes.js';
import type { Rollout } from './types.js';

const rollout = (id: string, failure?: string): Rollout => ({
  task: { id, messages: [], row: {} },
  groupId: id,
  ids: [],
  mask: [],
  logProbs: [],
  turnRewards: [],
  episode: { messages: [], completion: '', row: {}, environmentReward: 0, end: 'terminated' },
  ...(failure === undefined ? {} : { failure: { kind: 'thrown' as const, reason: failure } }),
});
const reward = (name: string, weight: number): Reward => ({ name, weight, fn: () => 0 });

test('an outcome is the weighted sum of its rewards; what failed or has none is left out', () => {
  const outcomes = taskOutcomes(
    [reward('right', 1), reward('short', 0.5)],
    [rollout('a'), rollout('b', 'threw'), rollout('c'), rollout('d')],
    {
      values: [
        [1, 2],
        [null, null],
        [null, null],
        [null, 1],
      ],
    },
  );
  expect(outcomes.map(({ task, reward }) => [task.id, reward])).toEqual([
    ['a', 2],
    ['d', 0.5],
  ]);
});
