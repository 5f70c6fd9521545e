import { describe, expect, it } from 'vitest';
import { adaptiveEntropy } from './adaptive-entropy.js';

const options = { initial: 0.01, target: 0.5, delta: 0.005, max: 0.02 };

describe('adaptiveEntropy', () => {
  it('pays nothing until an entropy is known, and then only at or below the target', () => {
    const controller = adaptiveEntropy(options);
    expect(controller.value).toBe(0);
    controller.update({ entropy: 0.4 });
    expect(controller.value).toBeCloseTo(0.015, 15);
    controller.update({ entropy: 0.9 });
    expect(controller.value).toBe(0);
    expect(controller.save()).toEqual({ coefficient: expect.closeTo(0.01, 15), entropy: 0.9 });
    controller.update({ entropy: 0.5 });
    expect(controller.value).toBeCloseTo(0.015, 15);
  });

  it('stays in its bounds', () => {
    const controller = adaptiveEntropy(options);
    for (let i = 0; i < 10; i++) controller.update({ entropy: 0 });
    expect(controller.value).toBe(0.02);
    for (let i = 0; i < 10; i++) controller.update({ entropy: 1 });
    expect(controller.save().coefficient).toBe(0);
  });

  it('a step without an entropy changes nothing; a resume goes on', () => {
    const controller = adaptiveEntropy(options);
    controller.update({ kl: 1 });
    expect(controller.save()).toEqual({ coefficient: 0.01 });
    controller.update({ entropy: 0.1 });
    const resumed = adaptiveEntropy(options);
    resumed.load(JSON.parse(JSON.stringify(controller.save())));
    expect(resumed.value).toBe(controller.value);
    resumed.load({});
    expect(resumed.value).toBe(0);
  });
});
