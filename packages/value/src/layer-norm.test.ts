import { availableBackends, initBackend, tensor } from '@grpo/tensor';
import { type OpCase, opErrors } from '@grpo/tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { layerNorm } from './layer-norm.js';

const X = [0.3, -1.2, 2.5, 0.7, -0.4, 0.1, 0.9, -2.2];
const layerNormCase: OpCase = {
  name: 'layerNorm',
  op: (x, w, b) => layerNorm(x, w, b),
  inputs: [
    { shape: [2, 4], values: X },
    { shape: [4], values: [0.5, 1.5, -0.7, 1.1] },
    { shape: [4], values: [0.1, -0.2, 0.3, 0.4] },
  ],
  reference: (x, w, b) =>
    [x.slice(0, 4), x.slice(4)].flatMap((row) => {
      const mean = row.reduce((sum, v) => sum + v, 0) / 4;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 4;
      return row.map((v, i) => (w[i] * (v - mean)) / Math.sqrt(variance + 1e-5) + b[i]);
    }),
};

describe.each(await availableBackends())('layerNorm on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it('agrees with float64 in value and gradient, and leaves no tensor', () => {
    const errors = opErrors(layerNormCase);
    expect(errors.value).toBeLessThan(1e-5);
    expect(errors.gradient).toBeLessThan(2e-4);
    expect(errors.leaked).toBe(0);
  });

  it('gives the bias to a row of equal numbers', () => {
    const y = layerNorm(tensor([7, 7, 7], [1, 3]), tensor([1, 2, 3]), tensor([0.5, -1, 2]));
    expect([...y.dataSync()]).toEqual([0.5, -1, 2]);
  });

  it('does not see a shift of a row, nor its scale but for epsilon', () => {
    const [w, b] = [tensor([1, 1, 1, 1]), tensor([0, 0, 0, 0])];
    const y = layerNorm(tensor(X.slice(0, 4), [1, 4]), w, b).dataSync();
    const moved = X.slice(0, 4).map((v) => 3 * v + 10);
    const again = layerNorm(tensor(moved, [1, 4]), w, b).dataSync();
    for (const [i, v] of again.entries()) expect(v).toBeCloseTo(y[i], 4);
  });
});
