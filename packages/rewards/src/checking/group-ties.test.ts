import { expect, test } from 'vitest';
import { groupTies } from './group-ties.js';

test('ties are counted within groups, by groups and by pairs', () => {
  const values = [1, 1, 0, 5, 5, 1, null, 3];
  const groupIds = ['a', 'a', 'a', 'b', 'b', 'c', 'c', 'd'];
  // a: one pair of three; b: all equal; c and d have one value each.
  expect(groupTies(values, groupIds)).toEqual({
    groups: 2,
    tiedGroups: 0.5,
    tiedPairs: 2 / 4,
    distinctPerGroup: 1.5,
  });
});

test('no groups are no ties', () => {
  expect(groupTies([], [])).toEqual({
    groups: 0,
    tiedGroups: 0,
    tiedPairs: 0,
    distinctPerGroup: 0,
  });
});
