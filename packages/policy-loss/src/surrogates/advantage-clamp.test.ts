import { describe, expect, it } from 'vitest';
import { compose } from '../compose.js';
import { advantageClamp } from './advantage-clamp.js';

const at = (A: number, oldLogProb = -1) =>
  compose({ surrogate: advantageClamp({ epsilon: 0.2 }) })({
    logProbs: [-2],
    oldLogProbs: [oldLogProb],
    advantages: [A],
    mask: [1],
    shape: [1, 1],
  });

describe('advantageClamp', () => {
  it('is REINFORCE with negative advantages cut off at −ε', () => {
    expect([3, 0.1, -0.1, -3].map((A) => at(A).loss)).toEqual([6, 0.2, -0.2, -0.4]);
    expect([3, 0.1, -0.1, -3].map((A) => at(A).gradLogProbs[0])).toEqual([-3, -0.1, 0.1, 0.2]);
  });

  it('is not PPO clipping: no ratio limits a step', () => {
    expect(at(3, -100).gradLogProbs[0]).toBe(at(3, -2).gradLogProbs[0]);
  });

  it('refuses a negative epsilon', () => {
    expect(() => advantageClamp({ epsilon: -1 })).toThrow('epsilon needs a number of 0 or more');
  });
});
