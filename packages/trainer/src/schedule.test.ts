import { expect, test } from 'vitest';
import { learningRateAt, type Schedule } from './schedule.js';

const schedule = (lrSchedulerType: Schedule['lrSchedulerType']): Schedule => ({
  learningRate: 0.8,
  warmupSteps: 4,
  maxSteps: 12,
  lrSchedulerType,
});
const rates = (type: Schedule['lrSchedulerType'], steps: number[]) =>
  steps.map((step) => learningRateAt(step, schedule(type)));

test('the rate rises in a straight line and reaches its peak with the last warm-up step', () => {
  expect(rates('constant', [0, 1, 2, 3, 4, 11])).toEqual([
    0.2, 0.4, 0.6000000000000001, 0.8, 0.8, 0.8,
  ]);
});

test('linear falls to zero after the last step', () => {
  expect(rates('linear', [4, 8, 12])).toEqual([0.8, 0.4, 0]);
});

test('cosine is at half its way in the middle', () => {
  const [start, middle, end] = rates('cosine', [4, 8, 12]);
  expect(start).toBe(0.8);
  expect(middle).toBeCloseTo(0.4, 12);
  expect(end).toBeCloseTo(0, 12);
});

test('a warm-up as long as the run never divides by zero', () => {
  const whole = { ...schedule('linear'), warmupSteps: 12 };
  expect(learningRateAt(11, whole)).toBeCloseTo(0.8, 12);
  expect(learningRateAt(12, whole)).toBeCloseTo(0.8, 12);
});
