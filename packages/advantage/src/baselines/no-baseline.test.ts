import { expect, it } from 'vitest';
import { score } from '../score.js';
import { noBaseline } from './no-baseline.js';

it('compares with 0', () => {
  const scored = score({ rewards: [[4], [-2]], groupIds: [1, 1] });
  expect([...noBaseline()(scored)]).toEqual([0, 0]);
});
