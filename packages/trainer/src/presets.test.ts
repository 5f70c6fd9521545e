import { estimators } from '@grpo/advantage';
import { policyLosses } from '@grpo/policy-loss';
import { expect, test } from 'vitest';
import { resolveConfig } from './config.js';
import { type PresetName, presetNamed, presets } from './presets.js';

const names = Object.keys(presets) as PresetName[];

test.each(names)('%s: every number is allowed and every part exists', (name) => {
  const { config, advantage, loss, about } = presetNamed(name);
  const resolved = resolveConfig({ ...config, maxSteps: 10 });
  for (const [field, value] of Object.entries(config)) {
    expect(resolved[field as keyof typeof resolved]).toBe(value);
  }
  const input = { logProbs: [-1, -2], advantages: [1, -1], mask: [1, 1], shape: [2, 1] as const };
  const { gradLogProbs } = policyLosses.resolve(loss)({ ...input, refLogProbs: [-1, -2] });
  expect(gradLogProbs[0]).toBeLessThan(0);
  const estimate = estimators.resolve(advantage)({ rewards: [[1], [0]], groupIds: [0, 0] });
  expect(estimate.advantages[0]).toBeGreaterThan(0);
  expect(about).toMatch(/^[A-Z].*\.$/);
});

test('caution falls from conservative to experimental', () => {
  const rates = ['conservative', 'balanced', 'aggressive', 'experimental'].map(
    (name) => presetNamed(name).config.learningRate ?? 0,
  );
  expect(rates).toEqual([1e-6, 5e-6, 1e-5, 2e-5]);
});

test('an unknown name is refused with the names there are', () => {
  expect(() => presetNamed('brave')).toThrow(
    'presetNamed: needs one of conservative, balanced, aggressive, experimental, customer-service, tutoring, writing, research, got "brave"',
  );
  expect(() => presetNamed('toString')).toThrow('got "toString"');
});
