import { expect, test } from 'vitest';
import { configRows } from './config-rows.js';

test('fields stand side by side, nested ones by their path, and differences are told', () => {
  const rows = configRows([
    { config: { seed: 1, loss: { beta: 0.1 } }, run: { node: '20' } },
    { config: { seed: 1, loss: { beta: 0.2 }, extra: [1] }, run: { node: '20' } },
  ]);
  expect(rows).toEqual([
    { field: 'seed', values: [1, 1], isDifferent: false },
    { field: 'loss.beta', values: [0.1, 0.2], isDifferent: true },
    { field: 'run.node', values: ['20', '20'], isDifferent: false },
    { field: 'extra', values: [undefined, [1]], isDifferent: true },
  ]);
});

test('a run without a configuration differs in everything', () => {
  const rows = configRows([
    { config: { seed: 1 }, run: null },
    { config: null, run: null },
  ]);
  expect(rows).toEqual([{ field: 'seed', values: [1, undefined], isDifferent: true }]);
});
