import { describe, expect, it } from 'vitest';
import type { Controller } from '../types.js';
import { cosine, linear, warmUp } from './schedule.js';

const walk = (controller: Controller, steps: number) =>
  Array.from({ length: steps }, () => {
    const { value } = controller;
    controller.update({});
    return Number(value.toFixed(6));
  });

describe('schedules', () => {
  it('linear goes straight and stays at its end', () => {
    expect(walk(linear({ from: 1, to: 0, steps: 4 }), 6)).toEqual([1, 0.75, 0.5, 0.25, 0, 0]);
  });

  it('cosine is slow at both ends', () => {
    expect(walk(cosine({ from: 0, to: 2, steps: 4 }), 6)).toEqual([0, 0.292893, 1, 1.707107, 2, 2]);
  });

  it('warm-up rises from 0', () => {
    expect(walk(warmUp({ to: 0.4, steps: 2 }), 4)).toEqual([0, 0.2, 0.4, 0.4]);
  });

  it('goes on after a resume where it stopped', () => {
    const first = linear({ from: 1, to: 0, steps: 4 });
    walk(first, 3);
    const second = linear({ from: 1, to: 0, steps: 4 });
    second.load(JSON.parse(JSON.stringify(first.save())));
    expect(walk(second, 2)).toEqual([0.25, 0]);
    second.load({});
    expect(second.value).toBe(1);
  });

  it('refuses a schedule without steps', () => {
    expect(() => linear({ to: 1 })).toThrow('linear: steps needs a number above 0, got NaN');
    expect(() => cosine({ steps: 0 })).toThrow('cosine: steps needs a number above 0, got 0');
  });
});
