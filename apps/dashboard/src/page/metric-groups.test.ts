import { expect, test } from 'vitest';
import { groupMetrics, metricNote } from './metric-groups.js';

const titles = (names: readonly string[], part?: string) =>
  groupMetrics(names, part).map(({ title, metrics }) => [title, ...metrics]);

test('metrics stand with their kind, the telling ones first', () => {
  const names = [
    'time/step',
    'kl',
    'eval/reward',
    'rewards/a/mean',
    'reward',
    'ratio/max',
    'entropy',
  ];
  expect(titles(names)).toEqual([
    ['Overview', 'reward', 'eval/reward', 'kl', 'entropy'],
    ['Reward', 'rewards/a/mean'],
    ['Policy', 'ratio/max'],
    ['Throughput', 'time/step'],
  ]);
  expect(titles(names, 'r')[0]).toEqual(['Reward', 'reward', 'rewards/a/mean']);
});

test('every metric stands in exactly one group, unknown ones in the last', () => {
  const names = [
    'clip_ratio/low_mean',
    'cispo_clip_ratio',
    'stop/answered',
    'failures/share',
    'mine/own',
    'memory/rss_mib',
  ];
  const found = groupMetrics(names).flatMap(({ metrics }) => metrics);
  expect([...found].sort()).toEqual([...names].sort());
  expect(titles(names).at(-1)).toEqual(['Other', 'mine/own']);
});

test('a part of a name leaves those that have it, and opens their group', () => {
  const [group, ...others] = groupMetrics(['kl', 'memory/rss_mib'], ' RSS ');
  expect(group).toEqual({ title: 'Memory', metrics: ['memory/rss_mib'], isOpen: true });
  expect(others).toEqual([]);
});

test('a note tells the unit', () => {
  expect(metricNote('kl')).toContain('nats per token');
  expect(metricNote('time/rollout')).toBe('seconds');
  expect(metricNote('mine')).toBe('');
});
