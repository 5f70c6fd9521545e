import { describe, expect, it } from 'vitest';
import { prepare } from './prepare.js';
import { sequenceRatios, tokenRatios } from './ratios.js';
import { shareOf } from './shares.js';

const input = {
  logProbs: [0, 0, 0, 0, 0, 0],
  oldLogProbs: [-1, 0, -1, -1, 0, 0],
  advantages: [1, 1, 1],
  mask: [1, 1, 1, 1, 0, 0],
  shape: [3, 2] as const,
};
const isAbove = (w: number, A: number) => w > 1 && A > 0;

describe('shareOf', () => {
  it('counts unmasked tokens, and the rows where it holds least and most', () => {
    expect(shareOf(prepare(input, tokenRatios), isAbove)).toEqual({ mean: 0.75, min: 0.5, max: 1 });
  });

  it('counts sequences where a sequence shares one ratio, empty ones with ratio 1', () => {
    const batch = prepare(input, sequenceRatios);
    expect(shareOf(batch, isAbove).mean).toBeCloseTo(2 / 3, 15);
    expect(shareOf(batch, (w) => w === 1).mean).toBeCloseTo(1 / 3, 15);
  });

  it('counts tokens again where advantages differ within a sequence', () => {
    const advantages = [1, -1, 1, -1, 0, 0];
    expect(shareOf(prepare({ ...input, advantages }, sequenceRatios), isAbove).mean).toBe(0.5);
  });

  it('without unmasked tokens there is no least and no most', () => {
    expect(shareOf(prepare({ ...input, mask: [0, 0, 0, 0, 0, 0] }, tokenRatios), isAbove)).toEqual({
      mean: 0,
    });
  });
});
