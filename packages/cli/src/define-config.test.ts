import { expect, it } from 'vitest';
import { defineConfig } from './define-config.js';

it('an experiment stays what it is', () => {
  const experiment = { model: 'm', dataset: 'd.jsonl', rewards: [] };
  expect(defineConfig(experiment)).toBe(experiment);
  // @ts-expect-error A field that no experiment has is marked by the compiler.
  expect(defineConfig({ modle: 'm' })).toEqual({ modle: 'm' });
});
