import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clippedLoss } from './clipped.js';
import {
  bnpoLoss,
  clipCovLoss,
  dapoLoss,
  drGrpoLoss,
  gepoLoss,
  grpoLoss,
  gspoLoss,
  gspoTokenLoss,
  luspoLoss,
  reinforceLoss,
  rlooLoss,
} from './losses.js';
import { exampleInput } from './testing.js';
import type { LossInput, PolicyLoss } from './types.js';

interface Golden {
  readonly name: string;
  readonly config: { readonly epsilon: number; readonly epsilon_high: number };
  readonly completion_mask: number[][];
  readonly old_logps: number[][];
  readonly advantages: number[];
  readonly policy: {
    readonly logps: number[][];
    readonly entropies: number[][];
    readonly loss: number;
    readonly grad_logps: number[][];
    readonly metrics: Record<string, number>;
  };
}

describe('rlooLoss: golden values of TRL 1.13', () => {
  const file = new URL('../fixtures/rloo-advantages.json', import.meta.url);
  const cases: Golden[] = JSON.parse(readFileSync(file, 'utf8')).cases;

  it.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const { config, policy } = one;
    const loss = rlooLoss({ epsilon: config.epsilon, epsilonHigh: config.epsilon_high });
    const result = loss({
      logProbs: policy.logps.flat(),
      oldLogProbs: one.old_logps.flat(),
      entropies: policy.entropies.flat(),
      advantages: one.advantages,
      mask: one.completion_mask.flat(),
      shape: [one.completion_mask.length, one.completion_mask[0].length],
    });
    expect(Math.abs(result.loss - policy.loss)).toBeLessThan(1e-9);
    policy.grad_logps.flat().forEach((expected, i) => {
      expect(Math.abs(result.gradLogProbs[i] - expected)).toBeLessThan(1e-9);
    });
    for (const [name, expected] of Object.entries(policy.metrics)) {
      expect(result.metrics[name], name).toBeCloseTo(expected, 6);
    }
  });
});

describe('named losses', () => {
  const input = exampleInput(1);
  const { oldLogProbs: _, ...onPolicy } = input;
  const value = (loss: PolicyLoss, batch: LossInput = input) => loss(batch).loss;

  it('are compositions: each equals its slots written out', () => {
    const grpo = clippedLoss({ reduction: 'sequence-mean' });
    expect(value(grpoLoss())).toBe(value(grpo));
    expect(value(dapoLoss())).toBe(value(clippedLoss({ epsilonHigh: 0.28 })));
    const length = { name: 'constant-length', length: 9 };
    expect(value(drGrpoLoss({ length: 9 }))).toBe(value(clippedLoss({ reduction: length })));
    const gspo = { ratio: 'sequence', epsilon: 3e-4, epsilonHigh: 4e-4 };
    expect(value(gspoLoss())).toBe(value(clippedLoss({ ...gspo, reduction: 'sequence-mean' })));
    expect(value(luspoLoss())).toBe(value(clippedLoss({ ...gspo, reduction: 'sequence-sum' })));
    const group = { ratio: 'group', reduction: 'sequence-mean' };
    expect(value(gepoLoss())).toBe(value(clippedLoss(group)));
    expect(value(bnpoLoss())).toBe(value(clippedLoss({ reduction: 'micro-batch-token-mean' })));
  });

  it('let every slot be replaced', () => {
    expect(value(gspoLoss({ epsilon: 0.2, epsilonHigh: 0.2, ratio: 'token' }))).toBe(
      value(grpoLoss()),
    );
    expect(value(grpoLoss({ reduction: 'token-mean' }))).toBe(value(clippedLoss()));
    expect(value(dapoLoss({ beta: 0.1 }))).not.toBe(value(dapoLoss()));
    expect(value(dapoLoss({ entropy: 0.1 }))).toBeLessThan(value(dapoLoss()));
  });

  it('GSPO-token has the value of GSPO, and on policy its gradient too', () => {
    expect(value(gspoTokenLoss())).toBeCloseTo(value(gspoLoss()), 15);
    const gradient = gspoLoss()(onPolicy).gradLogProbs;
    gspoTokenLoss()(onPolicy).gradLogProbs.forEach((g, i) => {
      expect(g).toBeCloseTo(gradient[i], 15);
    });
  });

  it('on policy the clipped family and REINFORCE share one gradient', () => {
    const expected = reinforceLoss()(onPolicy).gradLogProbs;
    for (const loss of [clippedLoss(), dapoLoss(), clippedLoss({ ratio: 'sequence-token' })]) {
      loss(onPolicy).gradLogProbs.forEach((g, i) => {
        expect(g).toBeCloseTo(expected[i], 15);
      });
    }
  });

  it('Clip-Cov keeps the corrections that it is given', () => {
    const correction = { name: 'importance-sampling', max: 1.01 };
    const clipCov = { least: 1e9, most: 2e9 };
    expect(value(clipCovLoss({ clipCov, correction }))).toBe(value(clippedLoss({ correction })));
    expect(value(clipCovLoss({ clipCov, correction: [correction] }))).toBe(
      value(clippedLoss({ correction })),
    );
    expect(value(clipCovLoss({ clipCov }))).toBe(value(clippedLoss()));
  });
});

describe('length', () => {
  // Two answers with the same advantage, of 4 tokens and of 1.
  const input = {
    logProbs: new Float64Array(8).fill(-1),
    advantages: [1, 1],
    mask: [1, 1, 1, 1, 1, 0, 0, 0],
    shape: [2, 4] as const,
  };
  const push = (loss: PolicyLoss) => {
    const { gradLogProbs } = loss(input);
    return { long: gradLogProbs[0], short: gradLogProbs[4] };
  };

  it('a sequence mean pushes a token of the long answer less; the other reductions do not', () => {
    expect(push(grpoLoss()).long).toBe(push(grpoLoss()).short / 4);
    for (const loss of [
      dapoLoss(),
      drGrpoLoss({ length: 16 }),
      bnpoLoss(),
      luspoLoss({ ratio: 'token' }),
    ]) {
      expect(push(loss).long).toBe(push(loss).short);
    }
  });
});
