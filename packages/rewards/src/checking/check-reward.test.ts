import { expect, test } from 'vitest';
import type { AnyReward, Episode } from '../types.js';
import { checkReward } from './check-reward.js';

function episode(completion: string, task: string): Episode {
  return { completion, task, messages: [], row: {}, environmentReward: 0, end: 'terminated' };
}

const episodes = [
  episode('10', 'a'),
  episode('20', 'a'),
  episode('30', 'b'),
  episode('30', 'b'),
  episode('null', 'c'),
  episode('throw', 'c'),
  episode('NaN', 'c'),
  episode('hang', 'c'),
];

const number: AnyReward = {
  name: 'number',
  fn: ({ completion }) => {
    if (completion === 'null') return null;
    if (completion === 'throw') throw new Error('no model');
    if (completion === 'hang') return new Promise(() => {});
    return Number(completion);
  },
};

test('values, null, failures by kind, ties and both ends are told apart', async () => {
  const { rewards } = await checkReward([number], episodes, { timeoutMs: 20, ends: 2 });
  const [report] = rewards;
  expect(report).toMatchObject({
    name: 'number',
    nullShare: 1 / 8,
    failureShare: 3 / 8,
    failures: { thrown: 1, invalid: 1, timeout: 1 },
    ties: { groups: 2, tiedGroups: 0.5, tiedPairs: 0.5 },
    best: [
      { episode: 3, value: 30 },
      { episode: 2, value: 30 },
    ],
    worst: [
      { episode: 0, value: 10 },
      { episode: 1, value: 20 },
    ],
  });
  expect(report.distribution?.count).toBe(4);
  expect(report.failureExamples).toHaveLength(3);
  expect(report.failureExamples[0]).toContain('threw "no model" for episode 5 (task c)');
});

test('seconds are those of each call, failed ones too', async () => {
  let time = 0;
  const slow: AnyReward = {
    name: 'slow',
    fn: ({ completion }) => {
      time += Number(completion) * 100;
      if (completion === '30') throw new Error('too late');
      return 1;
    },
  };
  const { rewards } = await checkReward([slow], episodes.slice(0, 3), {
    now: () => time,
    concurrency: 1,
  });
  expect(rewards[0].secondsPerCall).toEqual({ mean: 2, p95: 3, longest: 3 });
});

test('rewards of groups and of turns are checked as well', async () => {
  const rank: AnyReward = { name: 'rank', groupFn: (group) => group.map((_, i) => i) };
  const turns: AnyReward = { name: 'turns', turnFn: () => [] };
  const { rewards } = await checkReward([rank, turns], episodes.slice(0, 4));
  expect(rewards[0]).toMatchObject({ ties: { groups: 2, tiedGroups: 0 }, failureShare: 0 });
  expect(rewards[1].name).toBe('turns');
});

test('no episodes are a report without values', async () => {
  const { episodes: count, rewards } = await checkReward([number], []);
  expect(count).toBe(0);
  expect(rewards[0]).toMatchObject({ nullShare: 0, failureShare: 0, best: [], worst: [] });
  expect(rewards[0].distribution).toBeUndefined();
});

test('a number of ends that is none is refused', async () => {
  await expect(checkReward([number], [], { ends: -1 })).rejects.toThrow(RangeError);
});
