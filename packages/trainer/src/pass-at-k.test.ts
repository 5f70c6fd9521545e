import { expect, test } from 'vitest';
import { passAtK } from './pass-at-k.js';

/** The share of all k-subsets of n answers, c of which pass, that hold a pass. */
function counted(n: number, c: number, k: number): number {
  let [all, passed] = [0, 0];
  for (let subset = 0; subset < 1 << n; subset++) {
    const members = Array.from({ length: n }, (_, i) => i).filter((i) => subset & (1 << i));
    if (members.length !== k) continue;
    all++;
    if (members.some((i) => i < c)) passed++;
  }
  return passed / all;
}

test('it is the share of subsets with a pass', () => {
  for (let n = 1; n <= 7; n++) {
    for (let c = 0; c <= n; c++) {
      for (let k = 1; k <= n; k++) expect(passAtK(n, c, k)).toBeCloseTo(counted(n, c, k), 12);
    }
  }
});

test('pass@1 is the share of passes', () => {
  expect(passAtK(200, 31, 1)).toBeCloseTo(31 / 200, 12);
});

test('more answers than there are cannot be asked for', () => {
  expect(() => passAtK(3, 1, 4)).toThrow('needs 1 ≤ k ≤ n');
});
