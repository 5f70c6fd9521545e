import { expect, test } from 'vitest';
import { episodeLines } from './episode-lines.js';
import type { Collected, Rollout } from './types.js';

const rollout = (group: string, change: Partial<Rollout> = {}): Rollout => ({
  task: { id: `task of ${group}`, messages: [], row: {} },
  groupId: group,
  ids: [1, 2, 3],
  mask: [false, true, true],
  logProbs: [0, -0.123456, -2],
  turnRewards: [],
  episode: {
    messages: [{ role: 'user', content: 'hello' }],
    completion: '',
    row: {},
    environmentReward: 0,
    end: 'terminated',
  },
  ...change,
});
const failure = { kind: 'thrown', reason: 'lost' } as const;
const [kept, left] = [rollout('a'), rollout('b', { failure })];
const collected = {
  rollouts: [kept],
  played: {
    rollouts: [left, kept],
    scores: { values: [[null], [0.5]], parts: [{}, { 'r/part': 1 }], failures: [] },
  },
} as unknown as Collected;
const rewards = [{ name: 'r', fn: () => 0 }];

test('everything that was played is a line; what was left out has no advantage', () => {
  const [first, second] = episodeLines(7, collected, Float64Array.of(1.5), rewards);
  expect(first).toEqual({
    step: 7,
    group: 'b',
    task: 'task of b',
    messages: left.episode.messages,
    end: 'terminated',
    rewards: { r: null },
    parts: {},
    advantage: null,
    ids: [1, 2, 3],
    mask: [0, 1, 1],
    logProbs: [0, -0.1235, -2],
    failure,
  });
  expect(second).toMatchObject({ group: 'a', rewards: { r: 0.5 }, parts: { 'r/part': 1 } });
  expect(second.advantage).toBe(1.5);
  expect(second).not.toHaveProperty('failure');
  expect(second).not.toHaveProperty('advantages');
});

test('advantages per token are written, and their mean over the tokens of the model', () => {
  const lines = episodeLines(1, collected, Float64Array.of(9, 1, 2, 9), rewards); // [1, 4], padded
  expect(lines[1].advantage).toBe(1.5);
  expect(lines[1].advantages).toEqual([0, 1, 2]);
  expect(lines[0]).not.toHaveProperty('advantages');
});
