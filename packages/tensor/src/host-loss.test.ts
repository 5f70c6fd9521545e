import { beforeAll, expect, test } from 'vitest';
import { initBackend } from './backend.js';
import { hostLoss } from './host-loss.js';
import { tensor } from './ops.js';

beforeAll(async () => {
  await initBackend('cpu');
});

test('a gradient of the wrong length is an error with both numbers', () => {
  const loss = () => ({ loss: 0, gradient: new Float64Array(2) });
  expect(() => hostLoss(tensor([1, 2, 3], [3]), loss)).toThrow('each of 3 values, got 2');
});

test('a loss or gradient that is not finite is an error, never a silent NaN', () => {
  const loss = () => ({ loss: 0, gradient: Float64Array.of(0, Number.NaN) });
  expect(() => hostLoss(tensor([1, 2], [2]), loss)).toThrow('needs a finite loss and gradient');
});
