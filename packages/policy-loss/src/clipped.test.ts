import { describe, expect, it } from 'vitest';
import { type ClippedLossOptions, clipped, clippedLoss } from './clipped.js';
import { compose } from './compose.js';
import { exampleInput, numericalGradient } from './testing.js';
import { perToken } from './token-term.js';

describe('clippedLoss: identities', () => {
  const { oldLogProbs: _, ...onPolicy } = exampleInput(1);

  it('on the policy that sampled, it is REINFORCE: loss −Σ c·A, gradient −c·A', () => {
    const { loss, gradLogProbs, metrics } = clippedLoss()(onPolicy);
    const reinforce = compose({ surrogate: perToken((w, A) => ({ loss: -w * A, gradRatio: -A })) });
    expect(loss).toBe(reinforce(onPolicy).loss);
    expect(gradLogProbs).toEqual(reinforce(onPolicy).gradLogProbs);
    gradLogProbs.forEach((gradient, i) => {
      const A = onPolicy.advantages[Math.floor(i / 8)];
      expect(gradient).toBeCloseTo((-A * onPolicy.mask[i]) / onPolicy.step.tokens, 14);
    });
    expect(metrics['ratio/mean']).toBe(1);
    expect(metrics['clip_ratio/region_mean']).toBe(0);
  });

  it('bounds that never bite give the importance-weighted loss', () => {
    const input = exampleInput(2);
    const wide = clippedLoss({ epsilon: 1 - 1e-12, epsilonHigh: 1e9 })(input);
    const plain = compose({ surrogate: perToken((w, A) => ({ loss: -w * A, gradRatio: -A })) })(
      input,
    );
    expect(wide.loss).toBeCloseTo(plain.loss, 12);
  });

  it('delta equals dual clip: for a negative advantage the loss never exceeds −δ·A', () => {
    const c = 1.25;
    const dualClip = perToken((w, A) => {
      const ppo = Math.max(-w * A, -Math.min(Math.max(w, 0.8), 1.2) * A);
      return { loss: A < 0 ? Math.min(ppo, -c * A) : ppo };
    });
    const input = exampleInput(3);
    const expected = compose({ surrogate: dualClip })(input).loss;
    expect(clippedLoss({ delta: c })(input).loss).toBeCloseTo(expected, 14);
    expect(clippedLoss()(input).loss).not.toBeCloseTo(expected, 6);
  });

  it('micro-batches add up to one large batch, gradients and all', () => {
    const input = exampleInput(4);
    const [B, T] = input.shape;
    for (const reduction of [
      'token-mean',
      'sequence-mean',
      'sequence-sum',
      'prompt-mean',
      { name: 'constant-length', length: 20 },
    ]) {
      const loss = clippedLoss({ reduction, beta: 0.1 });
      const whole = loss(input);
      const parts = [
        [0, 2],
        [2, 6],
      ].map(([from, to]) => {
        const rows = <Values extends { slice: (from: number, to: number) => Values }>(
          values: Values,
        ) => values.slice(from * T, to * T);
        return loss({
          logProbs: rows(Float64Array.from(input.logProbs)),
          oldLogProbs: rows(Float64Array.from(input.oldLogProbs)),
          refLogProbs: rows(Float64Array.from(input.refLogProbs)),
          mask: rows(Float64Array.from(input.mask)),
          advantages: Float64Array.from(input.advantages).slice(from, to),
          groupIds: input.groupIds.slice(from, to),
          shape: [to - from, T],
          step: input.step,
        });
      });
      expect(parts[0].loss + parts[1].loss).toBeCloseTo(whole.loss, 14);
      expect([...parts[0].gradLogProbs, ...parts[1].gradLogProbs]).toEqual([...whole.gradLogProbs]);
      expect(B * T).toBe(whole.gradLogProbs.length);
    }
  });
});

describe('clippedLoss: gradient', () => {
  const variants: [string, ClippedLossOptions][] = [
    ['defaults', {}],
    ['asymmetric bounds', { epsilon: 0.1, epsilonHigh: 0.3 }],
    ['delta', { delta: 1.1 }],
    ['sequence ratio', { ratio: 'sequence' }],
    ['product ratio', { ratio: 'product' }],
    ['KL k3', { beta: 0.1 }],
    ['KL k3, unweighted', { beta: 0.1, isKlImportanceWeighted: false }],
    ['KL, sequence ratio', { beta: 0.1, ratio: 'sequence' }],
    ['KL k1', { beta: 0.1, klEstimator: 'k1' }],
    ['KL k2', { beta: 0.1, klEstimator: 'k2' }],
    ['KL abs', { beta: 0.1, klEstimator: 'abs' }],
    ['sequence mean', { reduction: 'sequence-mean' }],
    ['constant length', { reduction: { name: 'constant-length', length: 11 } }],
    ['sequence sum', { reduction: 'sequence-sum', ratio: 'sequence' }],
    ['micro-batch token mean', { reduction: 'micro-batch-token-mean' }],
    ['prompt mean', { reduction: 'prompt-mean' }],
  ];

  it.each(variants)('%s: equals finite differences', (_, options) => {
    const loss = clippedLoss(options);
    for (let seed = 10; seed < 15; seed++) {
      const input = exampleInput(seed);
      const expected = numericalGradient(loss, input);
      loss(input).gradLogProbs.forEach((gradient, i) => {
        expect(gradient).toBeCloseTo(expected[i], 7);
      });
    }
  });

  it('a clipped token has gradient exactly 0', () => {
    const { gradLogProbs, metrics } = clippedLoss()({
      logProbs: [-1, -1],
      oldLogProbs: [-2, 0],
      advantages: [1, -1],
      mask: [1, 1],
      shape: [2, 1],
    });
    expect(Array.from(gradLogProbs, Math.abs)).toEqual([0, 0]);
    expect(metrics['clip_ratio/high_mean']).toBe(0.5);
    expect(metrics['clip_ratio/low_mean']).toBe(0.5);
  });

  it('no gradient and no influence at masked positions, whatever stands there', () => {
    const input = exampleInput(5);
    const spoilt = Float64Array.from(input.logProbs, (value, i) =>
      input.mask[i] === 1 ? value : Number.NaN,
    );
    for (const ratio of ['token', 'sequence', 'product', 'sequence-token']) {
      const loss = clippedLoss({ beta: 0.1, ratio });
      const result = loss({ ...input, logProbs: spoilt, refLogProbs: input.refLogProbs });
      expect(result).toEqual(loss(input));
      result.gradLogProbs.forEach((gradient, i) => {
        if (input.mask[i] === 0) expect(gradient).toBe(0);
      });
    }
  });
});

describe('clippedLoss: edges', () => {
  const one = { logProbs: [-1], advantages: [1], mask: [1], shape: [1, 1] } as const;

  it('a loss of 0 can have a gradient: one group of advantages 1 and −1 on policy', () => {
    const { loss, gradLogProbs } = clippedLoss()({
      logProbs: [-1, -2],
      advantages: [1, -1],
      mask: [1, 1],
      shape: [2, 1],
    });
    expect(loss).toBe(0);
    expect([...gradLogProbs]).toEqual([-0.5, 0.5]);
  });

  it('a batch without unmasked tokens has loss 0 and gradient 0', () => {
    for (const reduction of ['token-mean', 'sequence-mean', 'micro-batch-token-mean']) {
      const { loss, gradLogProbs } = clippedLoss({ reduction })({ ...one, mask: [0] });
      expect(loss).toBe(0);
      expect([...gradLogProbs]).toEqual([0]);
    }
  });

  it('an empty batch has loss 0', () => {
    const empty = { logProbs: [], advantages: [], mask: [], shape: [0, 0] } as const;
    expect(clippedLoss()(empty).loss).toBe(0);
  });

  it('log-probs a thousand nats apart stay finite, gradient and KL included', () => {
    for (const [logProb, oldLogProb] of [
      [-1, -1001],
      [-1001, -1],
    ]) {
      for (const advantage of [-1, 0, 1]) {
        for (const ratio of ['token', 'sequence', 'product', 'sequence-token']) {
          const { loss, gradLogProbs } = clippedLoss({ beta: 0.1, ratio })({
            ...one,
            logProbs: [logProb],
            oldLogProbs: [oldLogProb],
            refLogProbs: [oldLogProb],
            advantages: [advantage],
          });
          expect(Number.isFinite(loss)).toBe(true);
          expect(Number.isFinite(gradLogProbs[0])).toBe(true);
        }
      }
    }
  });

  it('a negative advantage with a huge ratio is unbounded without delta and bounded with it', () => {
    const input = { ...one, logProbs: [-1], oldLogProbs: [-8], advantages: [-1] };
    expect(clippedLoss()(input).loss).toBeCloseTo(Math.exp(7), 9);
    expect(clippedLoss({ delta: 3 })(input).loss).toBe(3);
  });

  it('bad input is an error that says what to do', () => {
    const loss = clippedLoss({ beta: 0.1 });
    const failing = (change: object) => () => loss({ ...one, refLogProbs: [-1], ...change });
    expect(failing({ logProbs: [-1, -2] })).toThrow('logProbs needs shape [1, 1], got 2 numbers');
    expect(failing({ logProbs: [Number.NaN] })).toThrow('got NaN at [0, 0]');
    expect(failing({ oldLogProbs: [-1 / 0] })).toThrow('oldLogProbs needs finite numbers');
    expect(failing({ advantages: [1, 2, 3] })).toThrow('advantages needs shape [1, 1]');
    expect(failing({ mask: [0.5] })).toThrow('mask needs 0 or 1, got 0.5 at [0, 0]');
    expect(failing({ refLogProbs: undefined })).toThrow('a KL term needs refLogProbs');
    expect(failing({ shape: [1.5, 1] })).toThrow('shape needs two whole numbers');
    expect(failing({ step: { tokens: Number.NaN, sequences: 1 } })).toThrow('step.tokens');
    expect(() => clippedLoss({ reduction: 'token_mean' })).toThrow(
      "no reduction is named 'token_mean'",
    );
    expect(() => clippedLoss({ epsilon: 0 })).toThrow('epsilon needs a number above 0, got 0');
    expect(() => clipped({ delta: Number.NaN })).toThrow('delta needs a number above 0, got NaN');
    expect(() => clippedLoss({ reduction: 'constant-length' })).toThrow('length needs a number');
  });
});
