import { keyedRandom } from '@grpo/random';
import { availableBackends, countTensors, initBackend, tensor } from '@grpo/tensor';
import { opErrors } from '@grpo/tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { dropout } from './dropout.js';

const random = () => keyedRandom(3, 'test');

describe.each(await availableBackends())('dropout on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it('scales what it keeps, in value and gradient, and drops the rest', () => {
    const draws = random();
    const factors = Array.from({ length: 6 }, () => (draws.next() < 0.4 ? 0 : 1 / 0.6));
    expect(new Set(factors).size).toBe(2);
    const errors = opErrors({
      name: 'dropout',
      op: (x) => dropout(x, 0.4, random()),
      inputs: [{ shape: [2, 3], values: [1, -2, 3, 0.5, -0.25, 4] }],
      reference: (x) => x.map((v, i) => v * factors[i]),
    });
    expect(errors.value).toBeLessThan(1e-5);
    expect(errors.gradient).toBeLessThan(1e-4);
    expect(errors.leaked).toBe(0);
  });

  it('keeps the mean and drops the share that was asked for', () => {
    const x = tensor(new Float32Array(10_000).fill(1), [100, 100]);
    const y = Array.from(dropout(x, 0.25, random()).dataSync());
    const dropped = y.filter((v) => v === 0).length;
    // Binomial: 0.25 ± 0.0043; four deviations.
    expect(Math.abs(dropped / 10_000 - 0.25)).toBeLessThan(0.018);
    expect(Math.abs(y.reduce((sum, v) => sum + v, 0) / 10_000 - 1)).toBeLessThan(0.024);
  });

  it('at rate 0 gives its input, makes no tensor and draws nothing', () => {
    const x = tensor([1, 2], [2]);
    const before = countTensors();
    const draws = random();
    expect(dropout(x, 0, draws)).toBe(x);
    expect(countTensors()).toBe(before);
    expect(draws.next()).toBe(random().next());
  });

  it.each([1, -0.1, Number.NaN])('refuses the rate %d', (rate) => {
    expect(() => dropout(tensor([1], [1]), rate, random())).toThrow(
      `dropout: needs a rate from 0 to below 1, got ${rate}`,
    );
  });
});
