import { describe, expect, it } from 'vitest';
import { adaptiveKl } from './adaptive-kl.js';

const options = { initial: 1, target: 0.1, horizon: 100 };

describe('adaptiveKl', () => {
  it('rises above the target and falls below it, in proportion to the error', () => {
    const controller = adaptiveKl(options);
    controller.update({ kl: 0.11, sequences: 50 });
    expect(controller.value).toBeCloseTo(1 + 0.1 * 0.5, 14);
    controller.update({ kl: 0.1, sequences: 50 });
    expect(controller.value).toBeCloseTo(1.05, 14);
    controller.update({ kl: 0.095, sequences: 100 });
    expect(controller.value).toBeCloseTo(1.05 * 0.95, 14);
  });

  it('never moves by more than a fifth per horizon, and stays in its bounds', () => {
    const controller = adaptiveKl({ ...options, max: 1.3 });
    controller.update({ kl: 50, sequences: 100 });
    expect(controller.value).toBeCloseTo(1.2, 14);
    controller.update({ kl: 50, sequences: 100 });
    expect(controller.value).toBe(1.3);
    for (let i = 0; i < 100; i++) controller.update({ kl: 0, sequences: 100 });
    expect(controller.value).toBe(0.001);
  });

  it('a step without a KL changes nothing; a resume goes on', () => {
    const controller = adaptiveKl(options);
    controller.update({});
    controller.update({ kl: Number.NaN });
    expect(controller.value).toBe(1);
    controller.update({ kl: 1, sequences: 100 });
    const resumed = adaptiveKl(options);
    resumed.load(controller.save());
    expect(resumed.value).toBe(controller.value);
    resumed.load({});
    expect(resumed.value).toBe(1);
  });

  it('refuses a target of 0', () => {
    expect(() => adaptiveKl({ target: 0 })).toThrow('target and horizon need numbers above 0');
  });
});
