import { expect, test } from 'vitest';
import { episodeLine } from '../testing.js';
import type { EpisodeLine } from '../types.js';
import { EpisodeIndex, relatives, selectEpisodes, taskHistory } from './episode-index.js';

function indexOf(...changes: readonly Partial<EpisodeLine>[]): EpisodeIndex {
  const index = new EpisodeIndex();
  for (const [i, change] of changes.entries())
    index.add({ record: episodeLine(change), start: 100 * i, end: 100 * i + 99 });
  return index;
}

test('an entry holds what lists and filters need, and where the line stands', () => {
  const index = indexOf({}, { stopReason: 'max_turns', rewards: { answer: 0.5, style: 0.25 } });
  expect(index.entries[1]).toEqual({
    n: 1,
    step: 1,
    group: '0',
    task: 'train.jsonl:1',
    answer: '4',
    end: 'terminated',
    stopReason: 'max_turns',
    failure: null,
    rewards: { answer: 0.5, style: 0.25 },
    rewardSum: 0.75,
    advantage: 0.5,
    turns: 1,
    tokens: 3,
  });
  expect(index.place(1)).toEqual({ start: 100, end: 199 });
  expect(index.place(2)).toBeUndefined();
  expect(index.rewardNames).toEqual(['answer', 'format', 'style']);
  expect(index.outcomes).toEqual(['max_turns', 'terminated']);
});

test('a sum of rewards is weighted', () => {
  const index = new EpisodeIndex();
  const record = episodeLine({ rewards: { answer: 1, style: 2, format: null } });
  index.add({ record, start: 0, end: 1 }, { style: 0.25 });
  expect(index.entries[0].rewardSum).toBe(1.5);
});

test('filters leave what they name', () => {
  const failure = { kind: 'timeout', reason: 'too slow' } as const;
  const { entries } = indexOf(
    { step: 1, rewards: { answer: 0 } },
    { step: 2, task: 'other:7', group: '1', rewards: { answer: 1 } },
    { step: 3, failure, advantage: null, end: 'error', rewards: { answer: null } },
    { step: 4, rewards: { answer: 3 }, mask: [1, 1, 1, 1, 1] },
  );
  const found = (filter: Parameters<typeof selectEpisodes>[1]) =>
    selectEpisodes(entries, filter).map(({ n }) => n);
  expect(found({})).toEqual([3, 2, 1, 0]);
  expect(found({ order: 'oldest' })).toEqual([0, 1, 2, 3]);
  expect(found({ order: 'best' })).toEqual([3, 1, 2, 0]);
  expect(found({ order: 'worst' })).toEqual([2, 0, 1, 3]);
  expect(found({ order: 'longest' })[0]).toBe(3);
  expect(found({ fromStep: 2, toStep: 3 })).toEqual([2, 1]);
  expect(found({ minReward: 1, maxReward: 2 })).toEqual([1]);
  expect(found({ text: 'OTHER' })).toEqual([1]);
  expect(found({ task: 'other' })).toEqual([]);
  expect(found({ text: '4' })).toHaveLength(4);
  expect(found({ group: '1' })).toEqual([1]);
  expect(found({ outcome: 'failed' })).toEqual([2]);
  expect(found({ outcome: 'not trained on' })).toEqual([2]);
  expect(found({ outcome: 'error' })).toEqual([2]);
});

test('a selection is remembered until an episode or the filter is new', () => {
  const index = indexOf({});
  const first = index.select({});
  expect(index.select({})).toBe(first);
  expect(index.select({ text: 'none' })).toEqual([]);
  index.add({ record: episodeLine({ step: 2 }), start: 1, end: 2 });
  expect(index.select({}).map(({ step }) => step)).toEqual([2, 1]);
});

test('a task over training is the spread of its rewards in each step', () => {
  const { entries } = indexOf(
    { step: 1, rewards: { answer: 0 } },
    { step: 1, rewards: { answer: 1 } },
    { step: 1, failure: { kind: 'thrown', reason: '' }, rewards: { answer: null } },
    { step: 5, rewards: { answer: 3 } },
    { step: 5, task: 'other', rewards: { answer: 9 } },
  );
  expect(taskHistory(entries, 'train.jsonl:1')).toEqual({
    steps: [1, 5],
    mean: [0.5, 3],
    min: [0, 3],
    max: [1, 3],
  });
});

test('an episode knows its group, and the same task before and after', () => {
  const { entries } = indexOf(
    { step: 1 },
    { step: 1 },
    { step: 1, group: '1' },
    { step: 3 },
    { step: 3, task: 'other' },
    { step: 3 },
    { step: 8 },
  );
  const told = (n: number) => {
    const { members, ...others } = relatives(entries, n);
    return { members: members.map((member) => member.n), ...others };
  };
  expect(told(5)).toEqual({ members: [3, 5], earlier: 0, later: 6 });
  expect(told(0)).toEqual({ members: [0, 1], earlier: null, later: 3 });
  expect(told(4)).toEqual({ members: [4], earlier: null, later: null });
});
