import { describe, expect, test } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';

const numbers = (count: number, shift = 0) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(1 + 2.7 * i + shift));
const worst = (actual: ArrayLike<number>, expected: ArrayLike<number>) =>
  Array.from(actual).reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i])), 0);

describe.skipIf(!areKernelsCompiled())('the kernels of optimizers', () => {
  test.each([1, 7, 50_001])('adamW of %i numbers follows its equations, also in place', (count) => {
    const [theta, m, v, g] = [
      numbers(count),
      numbers(count, 1),
      numbers(count, 2),
      numbers(count, 3),
    ];
    for (const [i, x] of v.entries()) v[i] = x * x;
    const [rate, beta1, beta2, epsilon, decay, scale] = [0.01, 0.9, 0.999, 1e-8, 0.1, 0.5];
    const [c1, root2] = [1 - beta1 ** 3, Math.sqrt(1 - beta2 ** 3)];
    const first = m.map((x, i) => beta1 * x + (1 - beta1) * scale * g[i]);
    const second = v.map((x, i) => beta2 * x + (1 - beta2) * (scale * g[i]) ** 2);
    const expected = theta.map(
      (x, i) =>
        x * (1 - rate * decay) -
        ((rate / c1) * first[i]) / (Math.sqrt(second[i]) / root2 + epsilon),
    );
    const rest = [count, rate, beta1, beta2, epsilon, decay, c1, root2, scale] as const;
    const out = [0, 1, 2].map(() => new Float32Array(count)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const { adamW } = loadKernels();
    adamW(...out, theta, m, v, g, ...rest);
    adamW(theta, m, v, theta, m, v, g, ...rest);
    for (const [a, b, c] of [out, [theta, m, v]]) {
      expect(worst(a, expected)).toBeLessThan(1e-6);
      expect(worst(b, first)).toBeLessThan(1e-7);
      expect(worst(c, second)).toBeLessThan(1e-7);
    }
  });

  test('adamW of a weight and moments of zero leaves them there', () => {
    const zero = [new Float32Array(3), new Float32Array(3), new Float32Array(3)] as const;
    const g = new Float32Array(3);
    loadKernels().adamW(...zero, ...zero, g, 3, 0.1, 0.9, 0.999, 1e-8, 0.1, 0.1, 0.03, 1);
    expect(zero.map((x) => [...x])).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test('squaredNorm of a million numbers is that of float64', () => {
    const x = numbers(1_000_003);
    const expected = x.reduce((sum, v) => sum + v * v, 0);
    expect(Math.abs(loadKernels().squaredNorm(x, x.length) / expected - 1)).toBeLessThan(1e-7);
    expect(loadKernels().squaredNorm(Float32Array.of(1, Number.NaN), 2)).toBeNaN();
    expect(loadKernels().squaredNorm(x, 0)).toBe(0);
  });
});
