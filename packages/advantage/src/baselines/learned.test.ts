import { expect, it } from 'vitest';
import { score } from '../score.js';
import { learned } from './learned.js';

it('compares with what a value function expects', () => {
  const scored = score({ rewards: [[1], [0]], groupIds: [1, 1], values: [0.75, 0.25] });
  expect([...learned()(scored)]).toEqual([0.75, 0.25]);
});

it('says that values are missing', () => {
  expect(() => learned()(score({ rewards: [[1]], groupIds: [1] }))).toThrow('needs values');
});
