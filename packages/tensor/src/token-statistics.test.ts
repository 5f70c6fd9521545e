import { beforeAll, describe, expect, test } from 'vitest';
import { availableBackends, initBackend } from './backend.js';
import { valueAndGradients } from './gradients.js';
import { countTensors, dispose, tidy } from './memory.js';
import { matMul, mul, sum, tensor } from './ops.js';
import { pickLogProbs } from './pick-log-probs.js';
import { type OpCase, opErrors } from './testing.js';
import { type TokenStatisticsOptions, tokenStatistics } from './token-statistics.js';

const [N, D, V] = [5, 3, 7];
const numbers = (count: number, shift: number) =>
  Array.from({ length: count }, (_, i) => 1.5 * Math.sin(1 + 2.7 * i + shift));
const inputs = [
  { shape: [N, D], values: numbers(N * D, 0) },
  { shape: [V, D], values: numbers(V * D, 0.4) },
];
const ids = Int32Array.of(6, 0, 3, 3, 1);
const referenceHidden = numbers(N * D, 1.3);
const referenceWeight = numbers(V * D, 2.1);

/** The same by the definitions, in float64. */
function reference(options: TokenStatisticsOptions) {
  const { temperature = 1, softcap, entropies } = options;
  const cap = (x: number) => (softcap ? softcap * Math.tanh(x / softcap) : x);
  const logDistribution = (h: readonly number[], w: readonly number[], n: number) => {
    const z = Array.from({ length: V }, (_, v) => {
      let logit = 0;
      for (let d = 0; d < D; d++) logit += h[n * D + d] * w[v * D + d];
      return cap(logit) / temperature;
    });
    const lse = Math.log(z.reduce((total, x) => total + Math.exp(x), 0));
    return z.map((x) => x - lse);
  };
  return (h: readonly number[], w: readonly number[]) => {
    const p = Array.from({ length: N }, (_, n) => logDistribution(h, w, n));
    const q = Array.from({ length: N }, (_, n) =>
      logDistribution(referenceHidden, referenceWeight, n),
    );
    const mean = (n: number, value: (v: number) => number) =>
      p[n].reduce((total, logP, v) => total + Math.exp(logP) * value(v), 0);
    return [
      ...p.map((row, n) => row[ids[n]]),
      ...(entropies ? p.map((row, n) => -mean(n, (v) => row[v])) : []),
      ...(options.reference ? p.map((row, n) => mean(n, (v) => row[v] - q[n][v])) : []),
    ];
  };
}

const backends = await availableBackends();
describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test.each([
    { name: 'log-probs' },
    { name: 'log-probs at a temperature', temperature: 0.7 },
    { name: 'capped logits', softcap: 2, temperature: 1.3 },
    { name: 'entropies', entropies: true, temperature: 0.7 },
    { name: 'the divergence from a reference', withReference: true, softcap: 3 },
    { name: 'all of them', entropies: true, withReference: true, temperature: 1.3, softcap: 2 },
  ])('$name: value and gradient agree with float64 in chunks of any size', (options) => {
    for (const rowsPerChunk of [1, 2, 5]) {
      const given = { ...options, chunkBytes: 4 * V * rowsPerChunk };
      const cap = options.softcap === undefined ? {} : { softcap: options.softcap };
      const withReference = () =>
        options.withReference
          ? {
              reference: {
                hidden: tensor(referenceHidden, [N, D]),
                weight: tensor(referenceWeight, [V, D]),
                ...cap,
              },
            }
          : {};
      const op: OpCase['op'] = (h, w) =>
        tokenStatistics(h, w, ids, { ...given, ...withReference() });
      const errors = opErrors({
        name: options.name,
        inputs,
        op,
        reference: reference({ ...given, ...plainOptions(withReference) }),
      });
      expect(errors.value).toBeLessThan(1e-5);
      expect(errors.gradient).toBeLessThan(2e-4);
      expect(errors.leaked).toBe(0);
    }
  });

  test('chunks give the log-probs and gradients of all logits at once', () => {
    const run = (compute: (h: never, w: never) => ReturnType<typeof tensor>) => {
      const h = tensor(inputs[0].values, [N, D]);
      const w = tensor(inputs[1].values, [V, D]);
      const weights = tensor(numbers(N, 5), [N]);
      const { value, gradients } = valueAndGradients(
        () => sum(mul(compute(h as never, w as never), weights)),
        { h, w },
      );
      const result = [value, gradients.h, gradients.w].map((x) => [...(x?.dataSync() ?? [])]);
      dispose([h, w, weights, value, gradients]);
      return result;
    };
    const whole = run((h, w) => pickLogProbs(matMul(h, w, false, true), ids, 0.7));
    const chunked = run((h, w) =>
      tokenStatistics(h, w, ids, { temperature: 0.7, chunkBytes: 8 * V }),
    );
    for (const [i, expected] of whole.entries()) {
      expect(chunked[i]).toHaveLength(expected.length);
      expected.forEach((e, n) => {
        expect(chunked[i][n]).toBeCloseTo(e, 5);
      });
    }
  });

  test('a frozen weight gets no gradient, and the hidden states the same one', () => {
    const h = tensor(inputs[0].values, [N, D]);
    const w = tensor(inputs[1].values, [V, D]);
    const before = countTensors();
    const [trained, frozen] = [true, false].map((trainsWeight) =>
      valueAndGradients(
        () => sum(tokenStatistics(h, w, ids, { trainsWeight, chunkBytes: 8 * V })),
        { h, w },
      ),
    );
    expect([...frozen.gradients.h.dataSync()]).toEqual([...trained.gradients.h.dataSync()]);
    expect(trained.gradients.w.dataSync().some((x) => x !== 0)).toBe(true);
    expect(frozen.gradients.w.dataSync().every((x) => x === 0)).toBe(true);
    dispose([trained, frozen]);
    expect(countTensors()).toBe(before);
  });

  test('a token that is certain has entropy 0 and finite gradients', () => {
    const { value, gradients } = tidy(() => {
      const h = tensor([200, 0], [1, 2]);
      const w = tensor([1, 0, 0, 1, 0, 0], [3, 2]);
      const compute = () => sum(tokenStatistics(h, w, Int32Array.of(0), { entropies: true }));
      return valueAndGradients(compute, { h, w });
    });
    expect(value.dataSync()[0]).toBeCloseTo(0, 6);
    for (const g of Object.values(gradients)) {
      expect(g.dataSync().every(Number.isFinite)).toBe(true);
    }
    dispose([value, gradients]);
  });
});

test('a temperature of 0 is an error that says what to do', async () => {
  await initBackend('cpu');
  const compute = () =>
    tokenStatistics(tensor([1], [1, 1]), tensor([1], [1, 1]), Int32Array.of(0), { temperature: 0 });
  expect(() => tidy(compute)).toThrow('needs a temperature above 0, got 0');
});

/** Only whether there is a reference counts for the float64 side. */
function plainOptions(
  options: () => Partial<TokenStatisticsOptions>,
): Partial<TokenStatisticsOptions> {
  const made = options();
  dispose([made.reference?.hidden ?? [], made.reference?.weight ?? []]);
  return made;
}
