import { expect, it } from 'vitest';
import { score } from '../score.js';
import { greedyRollout } from './greedy-rollout.js';

it('compares with the greedy completion, also where a group has one member', () => {
  const scored = score({ rewards: [[1], [0]], groupIds: [1, 2], greedyScores: [0.5, 1] });
  expect([...greedyRollout()(scored)]).toEqual([0.5, 1]);
});

it('says that greedy scores are missing', () => {
  const scored = score({ rewards: [[1]], groupIds: [1] });
  expect(() => greedyRollout()(scored)).toThrow('this baseline needs greedyScores, got none');
});
