import { beforeAll, expect, test } from 'vitest';
import { initBackend } from './backend.js';
import { globalNorm, valueAndGradients } from './gradients.js';
import { countTensors, dispose } from './memory.js';
import { mul, square, sum, tensor } from './ops.js';

beforeAll(async () => {
  await initBackend('cpu');
});

test('gradients come by name, and zero for a parameter that the value does not use', () => {
  const parameters = { used: tensor([1, 2], [2]), unused: tensor([3], [1]) };
  const { value, gradients } = valueAndGradients(() => sum(square(parameters.used)), parameters);
  expect(value.dataSync()[0]).toBe(5);
  expect([...(gradients.used?.dataSync() ?? [])]).toEqual([2, 4]);
  expect([...(gradients.unused?.dataSync() ?? [])]).toEqual([0]);
});

test('only the value and the gradients survive', () => {
  const parameters = { w: tensor([1, 2], [2]) };
  const before = countTensors();
  dispose(valueAndGradients(() => sum(mul(square(parameters.w), 2)), parameters));
  expect(countTensors()).toBe(before);
});

test('nothing is left behind where the function throws', () => {
  const parameters = { w: tensor([1, 2], [2]) };
  const before = countTensors();
  const failing = () => {
    sum(mul(square(parameters.w), 2));
    throw new Error('no loss');
  };
  expect(() => valueAndGradients(failing, parameters)).toThrow('no loss');
  expect(countTensors()).toBe(before);
});

test('the global norm is that of all gradients laid end to end', () => {
  const before = countTensors();
  const gradients = { a: tensor([3, 0], [2]), b: tensor([4], [1, 1]) };
  expect(globalNorm(gradients)).toBeCloseTo(5, 6);
  dispose(gradients);
  expect(countTensors()).toBe(before);
});
