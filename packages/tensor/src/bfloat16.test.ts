import { beforeAll, describe, expect, test } from 'vitest';
import { availableBackends, initBackend } from './backend.js';
import { matMulBfloat16, requireBfloat16 } from './bfloat16.js';
import { valueAndGradients } from './gradients.js';
import { countTensors, dispose } from './memory.js';
import { matMul, mul, sum, tensor } from './ops.js';
import type { Tensor } from './types.js';

const backends = await availableBackends();
/** Of one sign, so that no sum is much smaller than its terms. */
const numbers = (count: number, shift: number) =>
  Float32Array.from({ length: count }, (_, i) => 0.2 + Math.sin(1 + 2.7 * i + shift) ** 2);

describe.each(['wasm', 'cpu'] as const)('on the %s backend', (backend) => {
  test('the error names the backend and what to do', async () => {
    await initBackend(backend);
    expect(requireBfloat16).toThrow(
      new RegExp(`which native and gpu do, got ${backend}. .*precision "float32"`),
    );
  });
});

describe.each(backends.filter((name) => name === 'native' || name === 'gpu'))(
  'on the %s backend',
  (backend) => {
    beforeAll(async () => {
      await initBackend(backend);
    });

    test.each([
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ])('value and gradients are near those of float32, transposed: %s, %s', (tA, tB) => {
      const before = countTensors();
      const [m, k, n] = [5, 40, 7];
      const a = tensor(numbers(m * k, 0), tA ? [k, m] : [m, k]);
      const b = tensor(numbers(k * n, 0.5), tB ? [n, k] : [k, n]);
      const weights = tensor(numbers(m * n, 2), [m, n]);
      const run = (product: (a: Tensor, b: Tensor, tA: boolean, tB: boolean) => Tensor) =>
        valueAndGradients(() => sum(mul(product(a, b, tA, tB), weights)), { a, b });
      const [full, half] = [run(matMul), run(matMulBfloat16)];
      for (const name of ['a', 'b'] as const) {
        const [expected, actual] = [full, half].map((x) => [...x.gradients[name].dataSync()]);
        const most = expected.reduce((size, x) => Math.max(size, Math.abs(x)), 0);
        const error = expected.reduce((e, x, i) => Math.max(e, Math.abs(x - actual[i])), 0);
        expect(error / most).toBeLessThan(1e-2);
        expect(error).toBeGreaterThan(0); // it did round
      }
      dispose([a, b, weights, full, half]);
      expect(countTensors()).toBe(before);
    });

    test('small whole numbers are exact', () => {
      const product = matMulBfloat16(tensor([1, 2, 3, 4], [2, 2]), tensor([1, 0, 2, 1], [2, 2]));
      expect([...product.dataSync()]).toEqual([5, 2, 11, 4]);
    });
  },
);
