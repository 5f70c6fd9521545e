import { expect, test } from 'vitest';
import { MetricColumns } from './metric-columns.js';

test('a metric that a row lacks is NaN there, before, between and after', () => {
  const columns = new MetricColumns();
  columns.add({ step: 1, reward: 0.5 });
  columns.add({ step: 2, reward: 0.6, kl: 0.1 });
  columns.add({ step: 4 });
  expect([...columns.steps]).toEqual([1, 2, 4]);
  expect([...columns.values('reward')]).toEqual([0.5, 0.6, Number.NaN]);
  expect([...columns.values('kl')]).toEqual([Number.NaN, 0.1, Number.NaN]);
  expect([...columns.values('unknown')]).toEqual([]);
  expect(columns.names).toEqual(['kl', 'reward']);
  expect(columns.lastStep).toBe(4);
});

test('columns grow with the run', () => {
  const columns = new MetricColumns();
  for (let step = 1; step <= 5000; step++) {
    columns.add(
      step % 1000 === 0 ? { step, reward: step, 'eval/reward': -step } : { step, reward: step },
    );
  }
  expect(columns.rows).toBe(5000);
  expect(columns.values('reward')[4321]).toBe(4322);
  expect([...columns.values('eval/reward')].filter((value) => !Number.isNaN(value))).toEqual([
    -1000, -2000, -3000, -4000, -5000,
  ]);
});

test('what is no number is no value: JSON has null for NaN', () => {
  const columns = new MetricColumns();
  columns.add(JSON.parse('{"step":1,"kl":null,"note":"x"}'));
  expect(columns.names).toEqual([]);
});
