import { describe, expect, it } from 'vitest';
import { passAtK } from './pass-at-k.js';
import { grpo } from './recipes.js';

/** Every set of k out of n, as positions. */
function subsets(n: number, k: number, from = 0): number[][] {
  if (k === 0) return [[]];
  return Array.from({ length: n - from }, (_, j) => from + j).flatMap((first) =>
    subsets(n, k - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

describe('passAtK', () => {
  it('equals the mean standardised reward of all sets with the completion', () => {
    for (const [n, c, k] of [
      [4, 1, 2],
      [6, 2, 3],
      [7, 3, 2],
      [5, 1, 4],
    ]) {
      const scores = Array.from({ length: n }, (_, i) => Number(i < c));
      const sets = subsets(n, k);
      const reward = (set: number[]) => Math.max(...set.map((i) => scores[i]));
      const P = sets.reduce((sum, set) => sum + reward(set), 0) / sets.length;
      const sigma = Math.sqrt(P * (1 - P));
      const { advantages, metrics } = passAtK({ k })({
        rewards: scores.map((R) => [R]),
        groupIds: scores.map(() => 'a'),
      });
      scores.forEach((_, i) => {
        const own = sets.filter((set) => set.includes(i));
        const expected = own.reduce((sum, set) => sum + (reward(set) - P) / sigma, 0) / own.length;
        expect(advantages[i]).toBeCloseTo(sigma === 0 ? 0 : expected, 12);
      });
      expect(metrics.pass_at_k).toBeCloseTo(P, 12);
    }
  });

  it('k = 1 is GRPO with a population deviation', () => {
    const batch = { rewards: [[1], [0], [0], [1], [0]], groupIds: [1, 1, 1, 1, 1] };
    const expected = grpo({ epsilon: 0, sample: false })(batch).advantages;
    passAtK({ k: 1 })(batch).advantages.forEach((A, i) => {
      expect(A).toBeCloseTo(expected[i], 12);
    });
  });

  it('none correct, all correct, certain to pass, or too few members: 0', () => {
    for (const scores of [[0, 0, 0], [1, 1, 1], [1, 1, 0], [1]]) {
      const { advantages } = passAtK({ k: 2 })({
        rewards: scores.map((R) => [R]),
        groupIds: scores.map(() => 1),
      });
      expect(advantages.every((A) => A === 0)).toBe(true);
    }
  });

  it('a group too small for k has no pass rate', () => {
    expect(passAtK({ k: 2 })({ rewards: [[1]], groupIds: [1] }).metrics.pass_at_k).toBeUndefined();
  });

  it('refuses a k that is no count', () => {
    expect(() => passAtK({ k: 1.5 })).toThrow('k needs a whole number above 0, got 1.5');
  });
});
