import { describe, expect, it } from 'vitest';
import { clipped } from './clipped.js';
import { compose } from './compose.js';
import { adaptiveKl } from './controllers/adaptive-kl.js';
import { k3 } from './kl-estimators.js';
import { klPenalty } from './kl-penalty.js';
import { prepare } from './prepare.js';
import { tokenRatios } from './ratios.js';
import { exampleInput, numericalGradient } from './testing.js';

const input = {
  logProbs: [-1, -2],
  oldLogProbs: [-1.5, -2],
  refLogProbs: [-1.25, -1.5],
  advantages: [0],
  mask: [1, 1],
  shape: [1, 2] as const,
};
const batch = prepare(input, tokenRatios);
const k = [k3(-1, -1.25).value, k3(-2, -1.5).value];

describe('klPenalty', () => {
  it('is β·k per token; the metric leaves β out', () => {
    const { values, metrics } = klPenalty({ coefficient: 0.5, isImportanceWeighted: false })(batch);
    expect([...values]).toEqual([0.5 * k[0], 0.5 * k[1]]);
    expect(metrics?.kl).toBeCloseTo((k[0] + k[1]) / 2, 15);
  });

  it('the weight multiplies value and metric', () => {
    const { values, metrics } = klPenalty({ coefficient: 0.5 })(batch);
    expect(values[0]).toBeCloseTo(0.5 * Math.exp(0.5) * k[0], 15);
    expect(metrics?.kl).toBeCloseTo((Math.exp(0.5) * k[0] + k[1]) / 2, 15);
  });

  it('on policy the weight changes the gradient and not the value: k·∇log π is added', () => {
    const onPolicy = prepare({ ...input, oldLogProbs: input.logProbs }, tokenRatios);
    const ones = Float64Array.of(1, 1);
    const weighted = klPenalty({ coefficient: 1 })(onPolicy);
    const plain = klPenalty({ coefficient: 1, isImportanceWeighted: false })(onPolicy);
    expect([...weighted.values]).toEqual([...plain.values]);
    weighted.backward(ones).forEach((gradient, i) => {
      expect(gradient - plain.backward(ones)[i]).toBeCloseTo(k[i], 14);
    });
  });

  it('reads a controller anew at every call, and shows it to the loop', () => {
    const controller = adaptiveKl({ initial: 0.5, horizon: 1 });
    const penalty = klPenalty({ coefficient: controller });
    const before = penalty(batch).values[0];
    controller.update({ kl: 1, sequences: 1 });
    expect(penalty(batch).values[0]).toBeCloseTo(1.2 * before, 14);
    expect(penalty.controllers).toEqual([controller]);
    expect(klPenalty({ coefficient: 1 }).controllers).toBeUndefined();
  });

  it('straight-through: reports the one and has the gradient of the other, by finite differences', () => {
    const example = exampleInput(3);
    const loss = (estimator: string) =>
      compose({
        surrogate: clipped(),
        kl: klPenalty({ coefficient: 0.1, estimator, isImportanceWeighted: false }),
      });
    for (const name of ['k1', 'k3', 'abs']) {
      const mixed = loss(`${name}+k2`)(example);
      expect(mixed.metrics.kl).toBe(loss(name)(example).metrics.kl);
      const expected = numericalGradient(loss('k2'), example);
      mixed.gradLogProbs.forEach((gradient, i) => {
        expect(gradient).toBeCloseTo(expected[i], 8);
      });
    }
  });

  it('says that reference log-probs are missing', () => {
    const { refLogProbs: _, ...rest } = input;
    expect(() => klPenalty({ coefficient: 1 })(prepare(rest, tokenRatios))).toThrow(
      'klPenalty: a KL term needs refLogProbs, got none.',
    );
  });
});
