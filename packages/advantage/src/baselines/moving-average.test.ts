import { expect, it } from 'vitest';
import { score } from '../score.js';
import { movingAverage } from './moving-average.js';

const batch = (...rewards: number[]) =>
  score({ rewards: rewards.map((R) => [R]), groupIds: rewards.map((_, i) => i) });

it('starts at the first mean and follows later ones slowly: m ← 0.9·m + 0.1·mean', () => {
  const baseline = movingAverage({ decay: 0.9 });
  expect(baseline(batch(4, 6))[0]).toBe(5);
  expect(baseline(batch(15))[0]).toBe(5);
  expect(baseline(batch(0))[0]).toBe(6);
});

it('a batch without scores leaves the average as it is', () => {
  const baseline = movingAverage();
  baseline(batch(5));
  baseline(score({ rewards: [[null]], groupIds: [1] }));
  expect(baseline(batch(0))[0]).toBe(5);
});

it('a saved average goes on where it stopped', () => {
  const first = movingAverage();
  first(batch(5));
  const second = movingAverage();
  second.memory?.load(JSON.parse(JSON.stringify(first.memory?.save())));
  expect(second(batch(100))[0]).toBe(5);
  second.memory?.load({});
  expect(second(batch(100))[0]).toBe(100);
  expect(movingAverage().memory?.save()).toEqual({});
});

it('refuses a decay that never forgets or that overshoots', () => {
  expect(() => movingAverage({ decay: 1 })).toThrow('decay needs a number in [0, 1), got 1');
});
