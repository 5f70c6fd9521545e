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

test('a warm-up below 1 is a share of all steps', () => {
  const schedule = {
    learningRate: 1,
    warmupSteps: 0.1,
    maxSteps: 25,
    lrSchedulerType: 'constant' as const,
  };
  expect([0, 1, 2, 3].map((step) => learningRateAt(step, schedule))).toEqual([1 / 3, 2 / 3, 1, 1]);
});

test.each(['linear', 'cosine'] as const)('%s decay ends at the floor', (lrSchedulerType) => {
  const schedule = {
    learningRate: 2,
    warmupSteps: 0,
    maxSteps: 10,
    lrSchedulerType,
    minLearningRateRatio: 0.1,
  };
  expect(learningRateAt(0, schedule)).toBeCloseTo(2, 12);
  expect(learningRateAt(5, schedule)).toBeCloseTo(2 * 0.55, 12);
  expect(learningRateAt(10, schedule)).toBeCloseTo(0.2, 12);
  expect(learningRateAt(99, schedule)).toBeCloseTo(0.2, 12);
});
