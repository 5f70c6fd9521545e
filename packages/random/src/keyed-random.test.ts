import { describe, expect, test } from 'vitest';
import { keyedRandom } from './keyed-random.js';

/** Pearson's statistic of counts against a uniform expectation. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Pearson's correlation of two lists of equal length. */
function correlation(x: readonly number[], y: readonly number[]): number {
  const centred = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0);
  const [left, right] = [centred(x), centred(y)];
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

describe('values', () => {
  // Values of an independent Python implementation of the same definition.
  test('next gives the golden values of its key', () => {
    const random = keyedRandom(42, 'golden');
    expect(Array.from({ length: 4 }, random.next)).toEqual([
      0.5640425080007936, 0.5520898854172362, 0.012952718824328024, 0.23159907210213437,
    ]);
  });

  test('normal gives the golden values of its key', () => {
    const random = keyedRandom(42, 'golden');
    for (const golden of [
      -1.2201718004883437, 0.01862777797462959, 0.6413689603609629, -0.037917635424713374,
    ]) {
      expect(random.normal()).toBeCloseTo(golden, 14);
    }
  });

  test('integer gives the golden values of its key', () => {
    const random = keyedRandom(42, 'shuffle', 0);
    expect(Array.from({ length: 4 }, () => random.integer(6))).toEqual([3, 1, 0, 1]);
  });

  test('generators of one key are equal and do not share their position', () => {
    const first = keyedRandom(1, 'a');
    const second = keyedRandom(1, 'a');
    const values = Array.from({ length: 5 }, first.next);
    expect(Array.from({ length: 5 }, second.next)).toEqual(values);
  });
});

describe('next', () => {
  test('lies in [0, 1) and uses all 53 bits', () => {
    const random = keyedRandom('bits');
    let unionOfBits = 0n;
    for (let i = 0; i < 200; i++) {
      const value = random.next();
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
      unionOfBits |= BigInt(value * 2 ** 53);
    }
    expect(unionOfBits).toBe(2n ** 53n - 1n);
  });

  test('fills 100 bins evenly', () => {
    const random = keyedRandom('uniform', 1);
    const bins = new Array<number>(100).fill(0);
    for (let i = 0; i < 50_000; i++) {
      const bin = Math.floor(random.next() * 100);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    // 99 degrees of freedom: below 148.2 with probability 0.999.
    expect(chiSquare(bins)).toBeLessThan(148.2);
  });

  test('the first draws of neighbouring keys fill 100 bins evenly', () => {
    const bins = new Array<number>(100).fill(0);
    for (let step = 0; step < 10_000; step++) {
      const bin = Math.floor(keyedRandom(0, 'sampling', step).next() * 100);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    expect(chiSquare(bins)).toBeLessThan(148.2);
  });

  test.each([
    { left: [0, 'sampling', 0], right: [0, 'sampling', 1] },
    { left: [0, 'sampling', 0], right: [1, 'sampling', 0] },
    { left: [0, 1], right: [1, 0] },
    { left: ['a'], right: ['b'] },
  ])('the streams of $left and $right are uncorrelated', ({ left, right }) => {
    const first = keyedRandom(...left);
    const second = keyedRandom(...right);
    const x = Array.from({ length: 10_000 }, first.next);
    const y = Array.from({ length: 10_000 }, second.next);
    // The correlation of independent streams has standard deviation 1/√10000 = 0.01.
    expect(Math.abs(correlation(x, y))).toBeLessThan(0.035);
    expect(Math.abs(correlation(x.slice(1), y.slice(0, -1)))).toBeLessThan(0.035);
  });

  test('neighbouring draws of one stream are uncorrelated', () => {
    const random = keyedRandom('serial');
    const values = Array.from({ length: 10_000 }, random.next);
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(0.035);
  });
});

describe('integer', () => {
  test('every value below n is equally likely', () => {
    const random = keyedRandom('dice');
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 14_000; i++) {
      const value = random.integer(7);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    // 6 degrees of freedom: below 22.5 with probability 0.999.
    expect(counts).toHaveLength(7);
    expect(chiSquare(counts)).toBeLessThan(22.5);
  });

  test('a large n that does not divide 2^53 is not biased towards small values', () => {
    const random = keyedRandom('large');
    const n = 6_004_799_503_160_661; // 2^53 · 2/3, where a plain remainder would favour the lower half
    let lower = 0;
    for (let i = 0; i < 10_000; i++) lower += random.integer(n) < n / 2 ? 1 : 0;
    // Fair: 5000 with standard deviation 50; with a plain remainder: 6667.
    expect(Math.abs(lower - 5000)).toBeLessThan(200);
  });

  test('n of 1 gives 0', () => {
    expect(keyedRandom('one').integer(1)).toBe(0);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53 + 2])('n of %s is refused', (n) => {
    expect(() => keyedRandom('bad').integer(n)).toThrow(
      `integer: n must be an integer from 1 to 2^53, got ${n}`,
    );
  });
});

test('normal has the moments of a standard normal', () => {
  const random = keyedRandom('normal');
  const values = Array.from({ length: 20_000 }, random.normal);
  const moment = (power: number) =>
    values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  // Standard deviations of the sample moments: √(1/n), √(2/n), √(15/n), √(96/n), four of each.
  expect(Math.abs(moment(1))).toBeLessThan(0.029);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.04);
  expect(Math.abs(moment(3))).toBeLessThan(0.11);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.28);
});
