import { describe, expect, it } from 'vitest';
import { optimalTokenBaseline } from './optimal-token-baseline.js';

const half = Math.log(0.5);
const input = {
  rewards: [0, 1, 0, 0],
  mask: [1, 1, 1, 1],
  shape: [2, 2] as const,
  groupIds: ['a', 'a'],
  oldLogProbs: [half, half, Math.log(0.8), half],
  squaredProbs: [0.5, 0.5, 0.68, 0.5],
};

describe('optimalTokenBaseline', () => {
  it('weighs returns by the gradient gathered so far: w = 1 − 2π + Σπ²', () => {
    // Gathered: first row 0.5, 1.0; second row 0.08, 0.58.
    const { advantages, returns } = optimalTokenBaseline(input);
    expect([...returns]).toEqual([1, 1, 0, 0]);
    expect(advantages[0]).toBeCloseTo(1 - 0.5 / 0.58, 12);
    expect(advantages[1]).toBeCloseTo(1 - 1 / 1.58, 12);
    expect(advantages[2]).toBeCloseTo(-0.5 / 0.58, 12);
    expect(advantages[3]).toBeCloseTo(-1 / 1.58, 12);
  });

  it('scales by the square of importance weights', () => {
    const weights = [2, 2, 1, 1];
    expect(optimalTokenBaseline({ ...input, weights }).advantages[0]).toBeCloseTo(1 - 2 / 2.08, 12);
  });

  it('counts tokens of the model: tool tokens in between shift nothing', () => {
    const spread = (values: number[]) => [values[0], 9, values[1], values[2], values[3], 9];
    const withTools = optimalTokenBaseline({
      rewards: [0, 0, 1, 0, 0, 0],
      mask: [1, 0, 1, 1, 1, 0],
      shape: [2, 3],
      groupIds: input.groupIds,
      oldLogProbs: spread(input.oldLogProbs),
      squaredProbs: spread(input.squaredProbs),
    });
    const [a, b, c, d] = optimalTokenBaseline(input).advantages;
    expect([...withTools.advantages]).toEqual([a, 0, b, c, d, 0]);
  });

  it('equal returns give exactly 0, and a sequence on its own keeps its return', () => {
    const equal = optimalTokenBaseline({ ...input, rewards: [0, 0.3, 0, 0.3] });
    expect([...equal.advantages]).toEqual([0, 0, 0, 0]);
    const alone = optimalTokenBaseline({ ...input, groupIds: ['a', 'b'] });
    expect([...alone.advantages]).toEqual([1, 1, 0, 0]);
    const tail = optimalTokenBaseline({ ...input, mask: [1, 1, 1, 0] });
    expect(tail.advantages[1]).toBe(1);
  });

  it('tokens without any gradient, all sampled with certainty, fall back to one value', () => {
    const certain = { ...input, oldLogProbs: [0, 0, 0, 0], squaredProbs: [1, 1, 1, 1] };
    expect(optimalTokenBaseline(certain).advantages.every(Number.isFinite)).toBe(true);
  });

  it('refuses ids that do not fit', () => {
    expect(() => optimalTokenBaseline({ ...input, groupIds: [] })).toThrow(
      'groupIds needs shape [2]',
    );
  });
});
