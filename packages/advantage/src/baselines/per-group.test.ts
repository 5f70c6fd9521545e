import { expect, it } from 'vitest';
import { score } from '../score.js';
import { perGroup } from './per-group.js';

const scored = score({
  rewards: [[1], [5], [null], [3], [null]],
  groupIds: ['a', 'a', 'a', 'b', 'c'],
});

it('one number stands for every member, and what has no score has no baseline', () => {
  const best = perGroup((scores) => Math.max(...scores));
  expect([...best(scored)]).toEqual([5, 5, Number.NaN, 3, Number.NaN]);
});

it('one number each stands for its own member', () => {
  const doubled = perGroup((scores) => scores.map((R) => 2 * R));
  expect([...doubled(scored)]).toEqual([2, 10, Number.NaN, 6, Number.NaN]);
});
