import { expect, it } from 'vitest';
import { score } from '../score.js';
import { groupMedian } from './group-median.js';

it('one extreme score does not move the baseline', () => {
  const scored = score({ rewards: [[1], [2], [3], [1e6]], groupIds: [1, 1, 1, 1] });
  expect([...groupMedian()(scored)]).toEqual([2.5, 2.5, 2.5, 2.5]);
});

it('with a binary reward only the minority differs from the baseline', () => {
  const scored = score({ rewards: [[1], [0], [0]], groupIds: [1, 1, 1] });
  expect([...groupMedian()(scored)]).toEqual([0, 0, 0]);
});
