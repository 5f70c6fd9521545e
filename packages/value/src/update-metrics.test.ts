import { expect, it } from 'vitest';
import { updateMetrics } from './update-metrics.js';

it('weighs loss and clip fraction by values, and the norm by steps', () => {
  const metrics = updateMetrics(
    [
      { count: 3, loss: 2, clipped: 1, gradNorm: 4 },
      { count: 1, loss: 6, clipped: 1, gradNorm: 2 },
    ],
    { returns: [0, 2, 4], oldValues: [0, 1, 2] },
  );
  expect(metrics).toEqual({
    'value/loss': 3,
    'value/clip_fraction': 0.5,
    'value/grad_norm': 3,
    'value/explained_variance': 0.75,
    'value/mean': 1,
    'value/return_mean': 2,
  });
});

it('is 0 throughout where there was no step', () => {
  const metrics = updateMetrics([], { returns: [], oldValues: [] });
  expect(Object.values(metrics)).toEqual([0, 0, 0, 0, 0, 0]);
});
