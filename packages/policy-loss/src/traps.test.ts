// Mistakes that other implementations made and repaired: one test each, so that none comes back here.
import { describe, expect, it } from 'vitest';
import { clipped, clippedLoss } from './clipped.js';
import { compose } from './compose.js';
import { k1, k2, k3 } from './kl-estimators.js';
import {
  cispoLoss,
  dapoLoss,
  drGrpoLoss,
  grpoLoss,
  gspoLoss,
  reinforceLoss,
  sapoLoss,
} from './losses.js';
import { policyLosses } from './losses-registry.js';
import { exampleInput, rowsOf } from './testing.js';
import type { LossInput, PolicyLoss } from './types.js';

const one = { logProbs: [-1], advantages: [1], mask: [1], shape: [1, 1] } as const;

/** The same batch with every row repeated. */
function repeated(input: LossInput, times: number): LossInput {
  const rows = (values: ArrayLike<number>) =>
    Array.from({ length: times }, () => Array.from(values)).flat();
  return {
    logProbs: rows(input.logProbs),
    advantages: rows(input.advantages),
    mask: rows(input.mask),
    shape: [input.shape[0] * times, input.shape[1]],
  };
}

describe('length bias', () => {
  it('a constant length divides by the sequences too: a larger batch is not a larger step', () => {
    const input = {
      logProbs: [-1, -1, -1],
      advantages: [1],
      mask: [1, 1, 0],
      shape: [1, 3] as const,
    };
    const loss = drGrpoLoss({ length: 8 });
    expect(loss(repeated(input, 4)).loss).toBeCloseTo(loss(input).loss, 15);
  });

  it('a token mean weighs tokens, a sequence mean sequences', () => {
    const input = {
      logProbs: [-1, -1, -1, -1],
      advantages: [3, 1],
      mask: [1, 0, 1, 1],
      shape: [2, 2] as const,
    };
    expect(dapoLoss()(input).loss).toBeCloseTo(-(3 + 1 + 1) / 3, 15);
    expect(grpoLoss()(input).loss).toBeCloseTo(-(3 + 1) / 2, 15);
  });
});

describe('gradient accumulation', () => {
  it('uneven micro-batches give the gradient of one large batch, and are not divided twice', () => {
    const input = exampleInput(1);
    const whole = dapoLoss({ beta: 0.1 })(input).gradLogProbs;
    const split = [rowsOf(input, 0, 1), rowsOf(input, 1, 5), rowsOf(input, 5, 6)].flatMap(
      (part) => [...dapoLoss({ beta: 0.1 })(part).gradLogProbs],
    );
    expect(split).toEqual([...whole]);
  });
});

describe('groups without spread', () => {
  it('advantages of 0 give no policy gradient, but the KL still pulls, and their tokens still count', () => {
    const input = exampleInput(2);
    const flat = { ...input, advantages: new Float64Array(6) };
    expect(dapoLoss()(flat).gradLogProbs.every((g) => g === 0)).toBe(true);
    expect(dapoLoss({ beta: 0.1 })(flat).gradLogProbs.some((g) => g !== 0)).toBe(true);
    const half = {
      ...one,
      logProbs: [-1, -1],
      advantages: [1, 0],
      mask: [1, 1],
      shape: [2, 1] as const,
    };
    expect(dapoLoss()(half).loss).toBe(-0.5);
  });
});

describe('KL in the loss', () => {
  it('k1 moves nothing on average and k3 the wrong way; k2, or k3 with its weight, is the KL', () => {
    const p = 0.3;
    const q = 0.6;
    // A policy with two tokens; d/dp of the expected loss when tokens are drawn from p.
    const expected = (k: typeof k1, isWeighted: boolean) => {
      const term = (logP: number, logQ: number) => {
        const { value, derivative } = k(logP, logQ);
        return derivative + (isWeighted ? value : 0);
      };
      return term(Math.log(p), Math.log(q)) - term(Math.log(1 - p), Math.log(1 - q));
    };
    const gradient = Math.log(p / q) - Math.log((1 - p) / (1 - q));
    expect(expected(k1, false)).toBe(0);
    expect(expected(k3, false)).not.toBeCloseTo(gradient, 1);
    expect(expected(k2, false)).toBeCloseTo(gradient, 14);
    expect(expected(k3, true)).toBeCloseTo(gradient, 14);
  });

  it('a name with a straight-through suffix works', () => {
    expect(
      clippedLoss({ beta: 0.1, klEstimator: 'k3+k2' })(exampleInput(3)).metrics.kl,
    ).toBeGreaterThan(0);
  });

  it('a token that the reference all but excludes costs much, and not Infinity', () => {
    const { loss, gradLogProbs } = clippedLoss({ beta: 0.1 })({
      ...one,
      logProbs: [-900],
      refLogProbs: [-1],
    });
    expect(Number.isFinite(loss)).toBe(true);
    expect(Number.isFinite(gradLogProbs[0])).toBe(true);
  });
});

describe('tokens of tools and environments', () => {
  it('are in no loss, KL, ratio, mean or denominator: removing them changes nothing', () => {
    const withTools = {
      logProbs: [-1, -50, -2, -3, -50, -60],
      oldLogProbs: [-1.1, -3, -1.9, -3, -4, -4],
      refLogProbs: [-1.2, -9, -2.2, -2.5, -9, -9],
      entropies: [1, 50, 1, 1, 50, 50],
      advantages: [1, -1],
      mask: [1, 0, 1, 1, 0, 0],
      shape: [2, 3] as const,
    };
    const without = {
      logProbs: [-1, -2, -3, 0],
      oldLogProbs: [-1.1, -1.9, -3, 0],
      refLogProbs: [-1.2, -2.2, -2.5, 0],
      entropies: [1, 1, 1, 0],
      advantages: [1, -1],
      mask: [1, 1, 1, 0],
      shape: [2, 2] as const,
    };
    const options = { beta: 0.1, entropy: 0.01 };
    for (const name of ['grpo', 'dapo', 'gspo', 'rloo', 'sapo', 'luspo']) {
      const a = policyLosses.create(name, options)(withTools);
      const b = policyLosses.create(name, options)(without);
      expect(a.loss).toBeCloseTo(b.loss, 14);
      expect(a.metrics.kl).toBeCloseTo(b.metrics.kl, 14);
      expect(a.metrics.entropy).toBe(b.metrics.entropy);
      expect(a.gradLogProbs[2]).toBeCloseTo(b.gradLogProbs[1], 14);
    }
  });
});

describe('engines that disagree', () => {
  const input = {
    logProbs: new Array(8).fill(-1),
    oldLogProbs: new Array(8).fill(-1),
    samplerLogProbs: new Array(8).fill(-1.4),
    advantages: [1, 1],
    mask: [1, 1, 1, 1, 1, 0, 0, 0],
    shape: [2, 4] as const,
  };
  const kept = (level: string) => {
    const correction = { name: 'importance-sampling', level, mode: 'mask', max: 3 };
    const { gradLogProbs } = compose({ surrogate: clipped(), correction })(input);
    return [gradLogProbs[0] !== 0, gradLogProbs[4] !== 0];
  };

  it('the same mismatch per token drops the long sequence by its product, and by its mean neither', () => {
    expect(kept('sequence')).toEqual([false, true]);
    expect(kept('geometric')).toEqual([true, true]);
    expect(kept('token')).toEqual([true, true]);
  });

  it('a dropped sequence keeps its place in the denominator', () => {
    const correction = {
      name: 'importance-sampling',
      level: 'sequence',
      mode: 'mask',
      max: 3,
      isWeighted: false,
    };
    expect(compose({ surrogate: clipped(), correction })(input).loss).toBeCloseTo(-1 / 5, 15);
  });

  it('token weights are bounded where bounds are given', () => {
    const correction = { name: 'importance-sampling', level: 'token', max: 1.1 };
    const { metrics } = compose({ surrogate: clipped(), correction })(input);
    expect(metrics['sampling/importance_sampling_ratio/max']).toBe(1.1);
    expect(metrics['sampling/raw_ratio/max']).toBeCloseTo(Math.exp(0.4), 14);
  });
});

describe('0 · ∞', () => {
  it('NaN and Infinity at masked positions reach neither loss nor gradient nor metrics', () => {
    const wild = [-1, Number.NaN, -1 / 0, 1 / 0];
    const input = {
      logProbs: wild,
      oldLogProbs: wild,
      refLogProbs: wild,
      samplerLogProbs: wild,
      entropies: wild.map(Math.abs),
      distributionKl: wild.map(Math.abs),
      advantages: [1],
      mask: [1, 0, 0, 0],
      shape: [1, 4] as const,
      groupIds: ['a'],
    };
    for (const name of policyLosses.names()) {
      const loss = policyLosses.create(name, name === 'dr-grpo' ? { length: 4 } : {});
      const { gradLogProbs, metrics, ...result } = loss(input);
      for (const value of [result.loss, ...gradLogProbs, ...Object.values(metrics)]) {
        expect(Number.isFinite(value), name).toBe(true);
      }
    }
  });

  it('a sampler that reports no log-prob for a token leaves its weight at 1', () => {
    const correction = { name: 'importance-sampling', level: 'sequence' };
    const loss = compose({ surrogate: clipped(), correction });
    expect(loss({ ...one, samplerLogProbs: [Number.NaN] }).loss).toBe(-1);
  });
});

describe('on the policy that sampled', () => {
  it('every ratio is exactly 1, nothing is clipped, and a loss of 0 has a gradient', () => {
    const input = {
      ...one,
      logProbs: [-1, -2],
      advantages: [1, -1],
      mask: [1, 1],
      shape: [2, 1] as const,
    };
    for (const loss of [grpoLoss(), dapoLoss(), gspoLoss()]) {
      const { loss: value, gradLogProbs, metrics } = loss(input);
      expect(value).toBe(0);
      expect(gradLogProbs.some((g) => g !== 0)).toBe(true);
      expect(metrics['ratio/max']).toBe(1);
      expect(metrics['clip_ratio/region_mean']).toBe(0);
    }
  });

  it('sequence ratios keep a gradient', () => {
    const gradient = (loss: PolicyLoss) => loss({ ...one, logProbs: [-3] }).gradLogProbs[0];
    expect(gradient(gspoLoss())).toBe(gradient(reinforceLoss()));
    expect(gradient(sapoLoss())).toBe(gradient(reinforceLoss()));
  });
});

describe('bounds', () => {
  it('a bad token that became likely is pushed without limit by PPO, and with one by delta', () => {
    const input = { ...one, oldLogProbs: [-7], advantages: [-1] };
    expect(clippedLoss()(input).loss).toBeCloseTo(Math.exp(6), 9);
    expect(clippedLoss({ delta: 3 })(input).loss).toBe(3);
  });

  it("CISPO's bound is a cap on the ratio, and its default does not damp tokens on policy", () => {
    expect(cispoLoss()(one).gradLogProbs[0]).toBe(-1);
    expect(cispoLoss({ ratioCap: 2 })({ ...one, oldLogProbs: [-9] }).gradLogProbs[0]).toBe(-2);
  });
});
