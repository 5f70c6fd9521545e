import { expect, it } from 'vitest';
import { compose } from '../compose.js';
import { reinforce } from './reinforce.js';

it('is −A·log π, and its gradient −A, whatever the old log-probs say', () => {
  const { loss, gradLogProbs } = compose({ surrogate: reinforce() })({
    logProbs: [-2, -3],
    oldLogProbs: [-9, -1],
    advantages: [1, -2],
    mask: [1, 1],
    shape: [2, 1],
  });
  expect(loss).toBe((2 - 6) / 2);
  expect([...gradLogProbs]).toEqual([-0.5, 1]);
});
