import { expect, it } from 'vitest';
import { score } from '../score.js';
import { groupMean } from './group-mean.js';

it('every member of a group is compared with the mean of its scores', () => {
  const scored = score({ rewards: [[1], [5], [null], [3]], groupIds: ['a', 'a', 'a', 'b'] });
  expect([...groupMean()(scored)]).toEqual([3, 3, Number.NaN, 3]);
});
