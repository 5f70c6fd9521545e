import { CONFIG_FIELDS } from '@grpo/trainer';
import { expect, it } from 'vitest';
import { configOf, configOptions } from './config-flags.js';

it('every field of the configuration is a flag, with what it may hold', () => {
  const fields = new Set(configOptions().map((option) => option.attributeName()));
  expect([...fields].sort()).toEqual(Object.keys(CONFIG_FIELDS).sort());
  const rate = configOptions().find(({ long }) => long === '--learning-rate');
  expect(rate?.description).toBe('its peak: a number from 0 to 1 (default: 0.000001)');
});

it('what is true or false has a flag for either', () => {
  const flags = configOptions().map(({ long }) => long);
  expect(flags).toEqual(expect.arrayContaining(['--sync-ref-model', '--no-sync-ref-model']));
});

it('flags that were given become fields, the others are left out', () => {
  const options = { learningRate: '1e-4', syncRefModel: true, logCompletions: false, seed: '3' };
  const given = ['learningRate', 'syncRefModel', 'logCompletions'];
  expect(configOf(options, (name) => given.includes(name))).toEqual({
    learningRate: 1e-4,
    syncRefModel: true,
    logCompletions: false,
  });
});

it('a value out of range is refused with what is allowed', () => {
  expect(() => configOf({ topP: '2' }, (name) => name === 'topP')).toThrow(
    'topP needs a number above 0, up to 1, got 2',
  );
});
