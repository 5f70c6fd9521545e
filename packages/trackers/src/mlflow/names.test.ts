import { expect, it } from 'vitest';
import { mlflowName, mlflowParams } from './names.js';

it('a name keeps what MLflow allows, at most 250 characters', () => {
  expect(mlflowName('reward/length.max-8 a_b')).toBe('reward/length.max-8 a_b');
  expect(mlflowName('a@b=ü"')).toBe('a_b___');
  expect(mlflowName('x'.repeat(300))).toHaveLength(250);
});

it('leaves of a config go by their paths, cut to what MLflow stores', () => {
  const config = { seed: 1, rewards: [{ name: 'a' }], none: null, note: 'y'.repeat(7000) };
  expect(mlflowParams(config)).toEqual([
    { key: 'seed', value: '1' },
    { key: 'rewards.0.name', value: 'a' },
    { key: 'none', value: 'null' },
    { key: 'note', value: 'y'.repeat(6000) },
  ]);
});

it('of two params whose names fall together the first stays', () => {
  expect(mlflowParams({ 'a@b': 1, 'a#b': 2 })).toEqual([{ key: 'a_b', value: '1' }]);
});
