import { beforeAll, expect, test } from 'vitest';
import { initBackend } from './backend.js';
import { randomNormal } from './random-normal.js';

beforeAll(async () => {
  await initBackend('cpu');
});

test('numbers are drawn in row-major order and multiplied by the standard deviation', () => {
  let draws = 0;
  const drawn = randomNormal([2, 3], () => ++draws, 0.5);
  expect(drawn.shape).toEqual([2, 3]);
  expect([...drawn.dataSync()]).toEqual([0.5, 1, 1.5, 2, 2.5, 3]);
  expect(draws).toBe(6);
});

test('a scalar takes one draw, an empty shape none', () => {
  let draws = 0;
  expect([...randomNormal([], () => ++draws).dataSync()]).toEqual([1]);
  expect(randomNormal([0, 4], () => ++draws).size).toBe(0);
  expect(draws).toBe(1);
});
