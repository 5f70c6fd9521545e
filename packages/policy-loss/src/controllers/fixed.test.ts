import { expect, it } from 'vitest';
import { fixed } from './fixed.js';

it('keeps its value, whatever happens', () => {
  const controller = fixed({ value: 0.3 });
  controller.update({ kl: 100 });
  controller.load(controller.save());
  expect(controller.value).toBe(0.3);
  expect(fixed().value).toBe(0);
});
