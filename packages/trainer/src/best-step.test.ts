import { expect, test } from 'vitest';
import { bestStep } from './best-step.js';

const records = [
  { step: 1, other: 9 },
  { step: 2, r: 1 },
  { step: 4, r: 3 },
  { step: 6, r: 3.05 },
  { step: 8, r: 2 },
];

test('the best record counts those after it that are not better', () => {
  expect(bestStep(records, { metric: 'r' })).toEqual({ step: 6, value: 3.05, since: 1 });
  expect(bestStep(records, { metric: 'r', greaterIsBetter: false })).toEqual({
    step: 2,
    value: 1,
    since: 3,
  });
});

test('an improvement up to the threshold is none', () => {
  expect(bestStep(records, { metric: 'r', threshold: 0.1 })).toEqual({
    step: 4,
    value: 3,
    since: 2,
  });
});

test('of equal records the first is the best', () => {
  const equal = [
    { step: 1, r: 1 },
    { step: 2, r: 1 },
  ];
  expect(bestStep(equal, { metric: 'r' })).toEqual({ step: 1, value: 1, since: 1 });
});

test('a value that is not finite is never the best', () => {
  const broken = [
    { step: 1, r: Number.NaN },
    { step: 2, r: -5 },
    { step: 3, r: Number.POSITIVE_INFINITY },
  ];
  expect(bestStep(broken, { metric: 'r' })).toEqual({ step: 2, value: -5, since: 1 });
});

test('without the metric there is no best record', () => {
  expect(bestStep(records, { metric: 'none' })).toBeUndefined();
});
