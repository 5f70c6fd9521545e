import { describe, expect, it } from 'vitest';
import { compose } from './compose.js';
import { policyLosses } from './losses-registry.js';
import { exampleInput } from './testing.js';
import { perToken } from './token-term.js';

describe('policyLosses', () => {
  it('every loss has a name', () => {
    expect(policyLosses.names()).toEqual([
      'advantage-clamp',
      'bnpo',
      'cispo',
      'clip-cov',
      'clipped',
      'dapo',
      'dppo',
      'dr-grpo',
      'gepo',
      'gmpo',
      'grpo',
      'gspo',
      'gspo-token',
      'kl-cov',
      'luspo',
      'reinforce',
      'rloo',
      'sapo',
      'vespo',
    ]);
  });

  it('a config reaches every option and every slot', () => {
    const config = JSON.parse(`{
      "name": "clipped", "epsilon": 0.1, "epsilonHigh": 0.3, "delta": 1.5, "ratio": "sequence",
      "beta": { "name": "warm-up", "to": 0.1, "steps": 10 }, "klEstimator": "k2", "isKlImportanceWeighted": false,
      "correction": ["icepop", { "name": "off-policy-mask", "threshold": 0.2 }],
      "reduction": { "name": "constant-length", "length": 32 },
      "entropy": { "coefficient": 0.01, "fraction": 0.2 }
    }`);
    const loss = policyLosses.resolve(config);
    expect(Number.isFinite(loss(exampleInput(1)).loss)).toBe(true);
    expect(loss.controllers).toHaveLength(1);
  });

  it('a third party registers a loss of its own', () => {
    const surrogate = perToken((w, A) => ({ loss: -w * A, gradRatio: -A }));
    policyLosses.register('unclipped', () => compose({ surrogate }));
    expect(Number.isFinite(policyLosses.create('unclipped')(exampleInput(1)).loss)).toBe(true);
  });

  it('a misspelt name or option is an error', () => {
    expect(() => policyLosses.create('dappo')).toThrow("no policy loss is named 'dappo'");
    expect(() => policyLosses.create('dapo', { epsilonhigh: 1 })).toThrow(
      "has no option 'epsilonhigh'",
    );
    expect(() => policyLosses.create('cispo', { epsilon: 1 })).toThrow("has no option 'epsilon'");
  });
});
