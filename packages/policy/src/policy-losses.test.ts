import { policyLosses } from '@grpo/policy-loss';
import { exampleInput } from '@grpo/policy-loss/testing';
import {
  availableBackends,
  countTensors,
  dispose,
  hostLoss,
  initBackend,
  pickLogProbs,
  tensor,
  valueAndGradients,
} from '@grpo/tensor';
import { describe, expect, test } from 'vitest';

const V = 5;
const backends = await availableBackends();
const input = exampleInput(4);
const [sequences, tokens] = input.shape;
const size = sequences * tokens;
const logits = Float32Array.from({ length: size * V }, (_, i) => Math.sin(1 + 1.7 * i));
const ids = Int32Array.from({ length: size }, (_, i) => (3 * i) % V);

/** Softmax of one row, in float64. */
function softmax(row: Float32Array): number[] {
  const exponentials = Array.from(row, Math.exp);
  const total = exponentials.reduce((sum, e) => sum + e, 0);
  return exponentials.map((e) => e / total);
}

/** The gradient with respect to the logits, by the chain rule: Σₜ ∂L/∂logp · (onehot − softmax). */
function byHand(gradLogProbs: Float64Array): number[] {
  return Array.from({ length: size }, (_, n) =>
    softmax(logits.subarray(n * V, (n + 1) * V)).map(
      (p, v) => gradLogProbs[n] * ((v === ids[n] ? 1 : 0) - p),
    ),
  ).flat();
}

describe.each(policyLosses.names())('%s as a tensor operation', (name) => {
  test.each(backends)('has its own gradient behind it on the %s backend', async (backend) => {
    await initBackend(backend);
    const before = countTensors();
    const loss = policyLosses.create(name, name === 'dr-grpo' ? { length: 8 } : {});
    const weights = { logits: tensor(logits, [size, V]) };
    let analytic: Float64Array = new Float64Array(size);
    const { value, gradients } = valueAndGradients(
      () =>
        hostLoss(pickLogProbs(weights.logits, ids), (logProbs) => {
          const result = loss({ ...input, logProbs });
          analytic = result.gradLogProbs;
          return { loss: result.loss, gradient: result.gradLogProbs };
        }),
      weights,
    );
    const gradient = gradients.logits?.dataSync() ?? [];
    expect(Number.isFinite(value.dataSync()[0])).toBe(true);
    expect(analytic.some((g) => g !== 0)).toBe(true);
    for (const [i, expected] of byHand(analytic).entries()) {
      expect(Math.abs((gradient[i] ?? Number.NaN) - expected)).toBeLessThan(
        1e-5 * (1 + Math.abs(expected)),
      );
    }
    dispose([value, gradients, weights]);
    expect(countTensors()).toBe(before);
  });
});
