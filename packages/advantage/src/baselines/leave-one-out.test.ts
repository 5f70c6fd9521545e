import { expect, it } from 'vitest';
import { score } from '../score.js';
import { leaveOneOut } from './leave-one-out.js';

it('compares a score with the mean of the others in its group', () => {
  const scored = score({ rewards: [[1], [2], [6], [null]], groupIds: [1, 1, 1, 1] });
  expect([...leaveOneOut()(scored)]).toEqual([4, 3.5, 1.5, Number.NaN]);
});

it('does not depend on the score that it is compared with', () => {
  const of = (own: number) =>
    leaveOneOut()(score({ rewards: [[own], [2], [6]], groupIds: [1, 1, 1] }))[0];
  expect(of(100)).toBeCloseTo(of(-3), 12);
});

it('a lone score has nothing to be compared with', () => {
  expect([...leaveOneOut()(score({ rewards: [[5]], groupIds: [1] }))]).toEqual([Number.NaN]);
});
