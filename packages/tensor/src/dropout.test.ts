import { beforeAll, describe, expect, test } from 'vitest';
import { availableBackends, initBackend } from './backend.js';
import { dropout } from './dropout.js';
import { valueAndGradients } from './gradients.js';
import { countTensors, dispose } from './memory.js';
import { sum, tensor } from './ops.js';

const backends = await availableBackends();
const ones = (length: number) => tensor(new Float32Array(length).fill(1), [length]);

describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test('what is left is scaled up, and the gradient goes where the values went', () => {
    const before = countTensors();
    const x = ones(1000);
    const y = dropout(x, 0.25, 7);
    const kept = y.dataSync();
    for (const value of kept) expect([0, Math.fround(1 / 0.75)]).toContain(value);
    const { value, gradients } = valueAndGradients(() => sum(dropout(x, 0.25, 7)), { x });
    expect([...(gradients.x?.dataSync() ?? [])]).toEqual([...kept]);
    dispose([x, y, value, gradients]);
    expect(countTensors()).toBe(before);
  });
});

describe('the draws', () => {
  const drawn = (seed: number, rate = 0.3, length = 20_000) => {
    const x = ones(length);
    const y = dropout(x, rate, seed);
    const dropped = [...y.dataSync()].map((value) => (value === 0 ? 1 : 0));
    dispose([x, y]);
    return dropped;
  };
  const share = (list: readonly number[]) => list.reduce((s, v) => s + v, 0) / list.length;

  test('drop the share that was asked for, within four standard errors', () => {
    for (const seed of [0, 1, 123456789, 2 ** 32 - 1]) {
      expect(Math.abs(share(drawn(seed)) - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / 20_000));
    }
  });

  test('neither neighbours nor neighbouring seeds go together', () => {
    const [a, b] = [drawn(41), drawn(42)];
    const together = (x: readonly number[], y: readonly number[]) =>
      share(x.slice(0, y.length).map((value, i) => value * y[i]));
    expect(together(a, a.slice(1))).toBeCloseTo(0.09, 1.9);
    expect(together(a, b)).toBeCloseTo(0.09, 1.9);
  });

  test('rate 0 drops nothing, and 1 is refused', () => {
    const x = ones(3);
    expect(dropout(x, 0, 1)).toBe(x);
    expect(() => dropout(x, 1, 1)).toThrow('needs a rate of at least 0 and below 1, got 1');
  });
});
