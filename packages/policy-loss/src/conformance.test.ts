import { describe, expect, it } from 'vitest';
import { clipped } from './clipped.js';
import { compose } from './compose.js';
import { distributionKlPenalty } from './distribution-kl.js';
import { entropyBonus } from './entropy-bonus.js';
import { klPenalty } from './kl-penalty.js';
import { policyLosses } from './losses-registry.js';
import { corrections, klEstimators, ratioLevels, reductions } from './registries.js';
import type { Named } from './registry.js';
import {
  type ConformanceCheck,
  klEstimatorChecks,
  type LossConformanceOptions,
  lossChecks,
} from './testing.js';
import type { PolicyLoss } from './types.js';

const run = (checks: readonly ConformanceCheck[]) =>
  it.each(checks.map((check) => [check.name, check.run] as const))('%s', (_, check) => check());

const exceptions: Record<string, LossConformanceOptions> = {
  bnpo: { isSeparable: false },
  cispo: { isDifferentiable: false },
  'clip-cov': { isSeparable: false },
  dppo: { isDifferentiable: false },
  'gspo-token': { isDifferentiable: false },
  'kl-cov': { isSeparable: false, isAdvantageDriven: false },
  vespo: { isDifferentiable: false },
};
const options: Record<string, Record<string, number>> = { 'dr-grpo': { length: 11 } };
const named = (name: string): Named => (name === 'constant-length' ? { name, length: 11 } : name);

describe.each(policyLosses.names())('policy loss %s', (name) => {
  run(lossChecks(() => policyLosses.create(name, options[name]), exceptions[name]));
});

describe.each(reductions.names())('reduction %s', (name) => {
  const loss = () => compose({ surrogate: clipped(), reduction: named(name) });
  run(lossChecks(loss, { isSeparable: name !== 'micro-batch-token-mean' }));
});

describe.each(ratioLevels.names())('ratio level %s', (ratio) => {
  const loss = () => compose({ surrogate: clipped(), ratio });
  run(lossChecks(loss, { isDifferentiable: ratio !== 'sequence-token' }));
});

describe.each(corrections.names())('correction %s', (correction) => {
  const loss = () => compose({ surrogate: clipped(), correction });
  run(lossChecks(loss, { isSeparable: !['top-entropy', 'clip-cov'].includes(correction) }));
});

describe.each(klEstimators.names())('KL estimator %s', (name) => {
  const isStraightThrough = name.includes('+');
  run(klEstimatorChecks(klEstimators.create(name), { isStraightThrough }));
  for (const ratio of ['token', 'sequence']) {
    for (const isImportanceWeighted of [false, true]) {
      const kl = klPenalty({ coefficient: 0.1, estimator: name, isImportanceWeighted });
      run(
        lossChecks(() => compose({ surrogate: clipped(), kl, ratio }), {
          isDifferentiable: !isStraightThrough,
          isAdvantageDriven: false,
        }),
      );
    }
  }
});

describe('all slots together', () => {
  const bonus = entropyBonus({ coefficient: 0.1, fraction: 0.5 });
  const every = (ratio: string, reduction: string): PolicyLoss =>
    compose({
      surrogate: clipped({ epsilon: 0.1, epsilonHigh: 0.3, delta: 1.4 }),
      kl: klPenalty({ coefficient: 0.05 }),
      correction: [
        { name: 'importance-sampling', level: 'geometric', max: 1.2 },
        { name: 'off-policy-mask', threshold: 0.05 },
        { name: 'top-entropy', fraction: 0.6 },
      ],
      reduction: named(reduction),
      ratio,
      entropy: bonus,
    });
  const pairs = ['token', 'sequence', 'product', 'group'].flatMap((ratio) =>
    reductions.names().map((reduction) => [ratio, reduction] as const),
  );
  describe.each(pairs)('ratio %s, reduction %s', (ratio, reduction) => {
    run(
      lossChecks(() => every(ratio, reduction), { isSeparable: false, isAdvantageDriven: false }),
    );
  });

  describe.each([false, true])('full-distribution KL, importance-weighted: %s', (weighted) => {
    const kl = distributionKlPenalty({ coefficient: 0.1, isImportanceWeighted: weighted });
    const loss = () => compose({ surrogate: clipped(), kl, ratio: 'sequence' });
    run(lossChecks(loss, { isAdvantageDriven: false }));
  });
});

describe('the conformance suite', () => {
  it('notices a loss that breaks any of its properties', () => {
    const good = policyLosses.create('dapo');
    const broken: Record<string, PolicyLoss> = {
      'by finite differences': (input) => {
        const result = good(input);
        return { ...result, gradLogProbs: result.gradLogProbs.map((g) => 1.01 * g) };
      },
      'stands at masked positions': (input) => ({ ...good(input), loss: input.logProbs[8] ?? 0 }),
      'does not write': (input) => {
        (input.advantages as Float64Array)[0] += 1;
        return good(input);
      },
      'adds up over micro-batches': (input) => {
        const { step: _, ...rest } = input;
        return good(rest);
      },
      'where all advantages are 0': (input) =>
        good({ ...input, advantages: input.advantages.map(() => 1) as number[] }),
      'a thousand nats apart': (input) => ({
        ...good(input),
        loss: Math.exp(
          Math.max(
            ...Float64Array.from(input.logProbs, (l, i) => l - (input.oldLogProbs?.[i] ?? l)),
          ),
        ),
      }),
      'without unmasked tokens': (input) => ({ ...good(input), loss: 1 }),
      'refuses shapes': () => good({ logProbs: [-1], advantages: [1], mask: [1], shape: [1, 1] }),
    };
    for (const [name, loss] of Object.entries(broken)) {
      const check = lossChecks(() => loss).find((one) => one.name.includes(name));
      expect(check, name).toBeDefined();
      expect(() => check?.run(), name).toThrow();
    }
  });

  it('notices a KL estimator with a wrong derivative', () => {
    const [, , , derivative] = klEstimatorChecks((p, q) => ({ value: p - q, derivative: 2 }));
    expect(derivative.run).toThrow('the derivative at');
  });
});
