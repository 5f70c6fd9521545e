import { expect, it } from 'vitest';
import { score } from '../score.js';
import { globalMean } from './global-mean.js';

it('compares every group with the mean of the batch', () => {
  const scored = score({ rewards: [[1], [3], [8], [null]], groupIds: ['a', 'a', 'b', 'b'] });
  expect([...globalMean()(scored)]).toEqual([4, 4, 4, 4]);
});
