import { describe, expect, it } from 'vitest';
import { prepare } from '../prepare.js';
import { tokenRatios } from '../ratios.js';
import { topEntropy } from './top-entropy.js';

const batchOf = (entropies: number[] | undefined, mask: number[]) =>
  prepare(
    {
      logProbs: mask.map(() => -1),
      ...(entropies && { entropies }),
      advantages: [1],
      mask,
      shape: [1, mask.length],
    },
    tokenRatios,
  );
const kept = (fraction: number, entropies: number[], mask = entropies.map(() => 1)) => [
  ...topEntropy({ fraction })(batchOf(entropies, mask)).weights,
];

describe('topEntropy', () => {
  it('keeps the share of highest entropy', () => {
    expect(kept(0.5, [0, 1, 2, 3, 4, 5])).toEqual([0, 0, 0, 1, 1, 1]);
    expect(kept(0.1, [5, 4, 3, 2, 1, 0])).toEqual([1, 0, 0, 0, 0, 0]);
    expect(kept(1, [1, 2])).toEqual([1, 1]);
  });

  it('keeps everything that ties with the threshold', () => {
    expect(kept(0.25, [1, 1, 1, 1])).toEqual([1, 1, 1, 1]);
    expect(kept(0.4, [0, 2, 2, 2, 1])).toEqual([0, 1, 1, 1, 0]);
  });

  it('neither counts nor keeps masked tokens', () => {
    expect(kept(0.5, [9, 1, 2, 9], [0, 1, 1, 0])).toEqual([0, 0, 1, 0]);
    expect(kept(0.5, [9], [0])).toEqual([0]);
  });

  it('refuses a share outside (0, 1], and says that entropies are missing', () => {
    expect(() => topEntropy({ fraction: 0 })).toThrow('fraction needs a number in (0, 1], got 0');
    expect(() => topEntropy()(batchOf(undefined, [1]))).toThrow('needs entropies, got none');
  });
});
