import { availableBackends, hostLoss, initBackend } from '@grpo/tensor';
import { opErrors } from '@grpo/tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { valueLoss } from './value-loss.js';

// One value each: within the range; held above; held below; beyond the range but moving away from the
// return, where the free error is the larger; and on its return.
const VALUES = [1.2, 3, -2, 2, 0.75];
const TARGETS = { returns: [2, 4, -4, 0.5, 0.75], oldValues: [1, 2, -1, 1, 0.75] };
const CLIP = { clipRange: 0.5 };
// ½·mean of 0.8², 1.5², 2.5², 1.5², 0: (0.64 + 2.25 + 6.25 + 2.25) / 10.
const CLIPPED = 1.139;
// ½·mean of 0.8², 1², 2², 1.5², 0: (0.64 + 1 + 4 + 2.25) / 10.
const SQUARED = 0.789;

describe('valueLoss', () => {
  it('takes the larger of the free and the held error, by hand', () => {
    const { loss, gradient, clipped } = valueLoss(VALUES, TARGETS, CLIP);
    expect(loss).toBeCloseTo(CLIPPED, 14);
    expect(clipped).toBe(2);
    const expected = [-0.8 / 5, 0, 0, 1.5 / 5, 0];
    for (const [i, g] of gradient.entries()) expect(g).toBeCloseTo(expected[i], 14);
  });

  it('is half the mean squared error without a range, and with one that no value leaves', () => {
    for (const options of [{}, { clipRange: 10 }]) {
      const { loss, gradient, clipped } = valueLoss(VALUES, TARGETS, options);
      expect(loss).toBeCloseTo(SQUARED, 14);
      expect(clipped).toBe(0);
      for (const [i, g] of gradient.entries()) {
        expect(g).toBeCloseTo((VALUES[i] - TARGETS.returns[i]) / 5, 14);
      }
    }
  });

  it('holds nothing at rollout-time values, whatever the range: the first step is that of the squared error', () => {
    const atRollout = { ...TARGETS, oldValues: VALUES };
    expect(valueLoss(VALUES, atRollout, { clipRange: 1e-9 })).toEqual(valueLoss(VALUES, atRollout));
  });

  it('depends on which values are the old ones: clipping against the current values would never act', () => {
    expect(valueLoss(VALUES, TARGETS, CLIP).clipped).toBe(2);
    expect(valueLoss(VALUES, { ...TARGETS, oldValues: VALUES }, CLIP).clipped).toBe(0);
  });

  it('has the gradient of central differences', () => {
    const { gradient } = valueLoss(VALUES, TARGETS, CLIP);
    const step = 1e-5;
    for (const i of VALUES.keys()) {
      const at = (moved: number) =>
        valueLoss(
          VALUES.map((v, j) => (j === i ? v + moved : v)),
          TARGETS,
          CLIP,
        ).loss;
      expect((at(step) - at(-step)) / (2 * step)).toBeCloseTo(gradient[i], 8);
    }
  });

  it('of parts, divided by the count of the whole, adds up to the loss and gradient of the whole', () => {
    const whole = valueLoss(VALUES, TARGETS, CLIP);
    const parts = [
      [0, 2],
      [2, 5],
    ].map(([from, to]) =>
      valueLoss(
        VALUES.slice(from, to),
        {
          returns: TARGETS.returns.slice(from, to),
          oldValues: TARGETS.oldValues.slice(from, to),
        },
        { ...CLIP, count: 5 },
      ),
    );
    expect(parts[0].loss + parts[1].loss).toBeCloseTo(whole.loss, 14);
    expect([...parts[0].gradient, ...parts[1].gradient]).toEqual([...whole.gradient]);
  });

  it('is 0 for no values', () => {
    const { loss, gradient } = valueLoss([], { returns: [], oldValues: [] });
    expect(loss).toBe(0);
    expect(gradient).toHaveLength(0);
  });

  it('gives the value of its example', () => {
    expect(valueLoss([1, 3], { returns: [0, 4], oldValues: [1, 2] }, CLIP).loss).toBe(0.8125);
  });

  it('refuses targets of another length and a range that is not above 0', () => {
    expect(() => valueLoss([1, 2], { returns: [1], oldValues: [1, 2] })).toThrow(
      'valueLoss: needs returns and oldValues of shape [2], got [1] and [2]',
    );
    for (const clipRange of [0, -1, Number.NaN]) {
      expect(() => valueLoss(VALUES, TARGETS, { clipRange })).toThrow(
        `clipRange needs a number above 0, got ${clipRange}`,
      );
    }
  });
});

describe.each(await availableBackends())('the value loss as an op on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it('gives the same gradient to a tensor of values', () => {
    const errors = opErrors({
      name: 'valueLoss',
      op: (values) => hostLoss(values, (numbers) => valueLoss(numbers, TARGETS, CLIP)),
      inputs: [{ shape: [5], values: VALUES }],
      reference: (values) => [valueLoss(values, TARGETS, CLIP).loss],
    });
    expect(errors.value).toBeLessThan(1e-6);
    expect(errors.gradient).toBeLessThan(1e-6);
    expect(errors.leaked).toBe(0);
  });
});
