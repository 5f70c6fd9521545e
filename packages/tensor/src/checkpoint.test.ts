import { beforeAll, describe, expect, test } from 'vitest';
import { availableBackends, initBackend } from './backend.js';
import { checkpoint } from './checkpoint.js';
import { valueAndGradients } from './gradients.js';
import { countTensors, dispose } from './memory.js';
import { add, matMul, mul, sigmoid, sum, tensor } from './ops.js';
import { rmsNorm } from './rms-norm.js';
import type { Tensor } from './types.js';

const numbers = (count: number, shift = 0) =>
  Array.from({ length: count }, (_, i) => Math.sin(1 + 2.7 * i + shift));
const backends = await availableBackends();

describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  const parameters = () => ({
    x: tensor(numbers(6), [2, 3]),
    w: tensor(numbers(9, 1), [3, 3]),
    v: tensor(numbers(9, 2), [3, 3]),
    norm: tensor([1, 2, 0.5], [3]),
  });
  /** Three layers, the second and the third with one weight; every value is used twice. */
  const network = (
    { x, w, v, norm }: ReturnType<typeof parameters>,
    layer: (body: (x: Tensor) => Tensor, x: Tensor, weights: Tensor[]) => Tensor,
  ) => {
    const body = (weight: Tensor) => (h: Tensor) =>
      add(h, mul(sigmoid(matMul(rmsNorm(h, norm, 1e-6), weight)), h));
    const first = layer(body(w), x, [w, norm]);
    const second = layer(body(v), first, [v, norm]);
    const third = layer(body(v), add(second, first), [v, norm]);
    return sum(mul(third, second));
  };

  test('value and gradients are those of the plain pass, and nothing is left', () => {
    const before = countTensors();
    const given = parameters();
    const plain = valueAndGradients(() => network(given, (body, x) => body(x)), given);
    const again = valueAndGradients(() => network(given, checkpoint), given);
    expect(again.value.dataSync()[0]).toBe(plain.value.dataSync()[0]);
    for (const [name, gradient] of Object.entries(plain.gradients)) {
      const actual = again.gradients[name]?.dataSync() ?? [];
      gradient.dataSync().forEach((g, i) => {
        expect(Math.abs(actual[i] - g)).toBeLessThan(1e-5 * (1 + Math.abs(g)));
      });
    }
    dispose([given, plain, again]);
    expect(countTensors()).toBe(before);
  });

  test('the body is computed once without a gradient and twice with one, and holds nothing between', () => {
    let runs = 0;
    const x = tensor(numbers(6), [2, 3]);
    const body = (h: Tensor) => {
      runs++;
      return sigmoid(sigmoid(sigmoid(h)));
    };
    dispose(checkpoint(body, x, []));
    expect(runs).toBe(1);
    let held = 0;
    const { value, gradients } = valueAndGradients(
      () => {
        const start = countTensors();
        const y = checkpoint(body, x, []);
        held = countTensors() - start;
        return sum(y);
      },
      { x },
    );
    expect(runs).toBe(3);
    expect(held).toBe(2); // y, and x for the second time
    dispose([x, value, gradients]);
  });

  test.each([
    ['forward', 1],
    ['backward', 4],
  ])('a body that throws in the %s pass leaves nothing behind', (_pass, failing) => {
    const before = countTensors();
    const given = parameters();
    let runs = 0;
    const failingLayer: typeof checkpoint = (body, x, weights) =>
      checkpoint(
        (h) => {
          const y = body(h);
          if (++runs === failing) throw new Error('out of luck');
          return y;
        },
        x,
        weights,
      );
    expect(() => valueAndGradients(() => network(given, failingLayer), given)).toThrow(
      'out of luck',
    );
    const whole = valueAndGradients(() => network(given, checkpoint), given);
    expect(Number.isFinite(whole.value.dataSync()[0])).toBe(true);
    dispose([given, whole]);
    expect(countTensors()).toBe(before);
  });
});
