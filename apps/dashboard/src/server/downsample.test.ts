import { expect, test } from 'vitest';
import { downsample, smooth } from './downsample.js';

const ramp = (n: number) => Float64Array.from({ length: n }, (_, i) => i);

test('few points stay as they are, and NaN is none', () => {
  const values = Float64Array.of(3, Number.NaN, 1, Number.POSITIVE_INFINITY);
  expect(downsample(Float64Array.of(1, 2, 3, 4), values, { buckets: 10 })).toEqual({
    steps: [1, 3, 4],
    values: [3, 1, null],
  });
});

test('a spike of one step among 100 000 is still there', () => {
  const values = new Float64Array(100_000);
  values[54_321] = 9;
  values[77_777] = -9;
  const { steps, values: kept } = downsample(ramp(100_000), values, { buckets: 100 });
  expect(steps.length).toBeLessThanOrEqual(204);
  expect(kept[steps.indexOf(54_321)]).toBe(9);
  expect(kept[steps.indexOf(77_777)]).toBe(-9);
  expect([steps[0], steps.at(-1)]).toEqual([0, 99_999]);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});

test('a window holds its points and one more on each side', () => {
  const values = ramp(100);
  expect(downsample(ramp(100), values, { from: 10, to: 13, buckets: 50 }).steps).toEqual([
    9, 10, 11, 12, 13, 14,
  ]);
  expect(downsample(ramp(100), values, { from: 98, buckets: 50 }).steps).toEqual([97, 98, 99]);
});

test('a window shows detail that the whole does not', () => {
  const values = Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i));
  const zoomed = downsample(ramp(10_000), values, { from: 5000, to: 5050, buckets: 100 });
  expect(zoomed.steps).toHaveLength(53);
});

test('nothing gives nothing', () => {
  const none = { steps: [], values: [] };
  expect(downsample(new Float64Array(0), new Float64Array(0), { buckets: 5 })).toEqual(none);
  expect(downsample(ramp(2), new Float64Array(2).fill(Number.NaN), { buckets: 5 })).toEqual(none);
});

test('a moving average is the weighted mean of what came before', () => {
  const [first, second, third] = smooth(Float64Array.of(1, 2, 4), 0.5);
  expect(first).toBe(1);
  expect(second).toBeCloseTo((0.5 * 1 + 2) / 1.5, 12);
  expect(third).toBeCloseTo((0.25 * 1 + 0.5 * 2 + 4) / 1.75, 12);
});

test('a constant stays itself at every weight, and NaN is passed over', () => {
  const values = Float64Array.of(3, Number.NaN, 3, 3);
  expect([...smooth(values, 0.99)]).toEqual([3, Number.NaN, 3, 3]);
  expect([...smooth(Float64Array.of(1, 5, 2), 0)]).toEqual([1, 5, 2]);
});
