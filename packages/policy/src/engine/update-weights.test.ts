import {
  countTensors,
  dispose,
  initBackend,
  optimizerInit,
  optimizerStep,
  tensor,
} from '@grpo/tensor';
import { beforeAll, expect, test } from 'vitest';
import { accumulateGradients, updateWeights } from './update-weights.js';

beforeAll(async () => {
  await initBackend('wasm');
});

const weights = () => ({ a: tensor([1, 2, 3, 4], [2, 2]), b: tensor([5, 6], [2]) });
const gradients = () => ({ a: tensor([1, -1, 2, 0.5], [2, 2]), b: tensor([0, 3], [2]) });
const numbers = (tensors: Readonly<Record<string, ReturnType<typeof tensor>>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, [...x.dataSync()]]));

test('a step parameter by parameter is the step of all at once, and frees what it was given', () => {
  const before = countTensors();
  const together = weights();
  const given = gradients();
  const start = optimizerInit('adamw', together);
  const choice = { name: 'adamw', weightDecay: 0.2 } as const;
  const expected = optimizerStep(choice, together, given, start, 0.1, 0.5);
  const apart = weights();
  const state = optimizerInit('adamw', apart);
  const actual = updateWeights(apart, gradients(), state, 0.1, 0.5, choice);
  expect(numbers(actual.weights)).toEqual(numbers(expected.parameters));
  expect(numbers(actual.state.first)).toEqual(numbers(expected.state.first));
  expect(numbers(actual.state.second)).toEqual(numbers(expected.state.second));
  expect(actual.state.step).toBe(1);
  for (const { first, second } of [start, expected.state, actual.state]) {
    dispose([first, second]);
  }
  dispose([together, given, expected.parameters, actual.weights]);
  expect(countTensors()).toBe(before);
});

test('gradients add up by name, and only the sums are left', () => {
  const before = countTensors();
  const held = {};
  accumulateGradients(held, gradients());
  accumulateGradients(held, gradients());
  accumulateGradients(held, { c: tensor([1], [1]) });
  expect(numbers(held)).toEqual({ a: [2, -2, 4, 1], b: [0, 6], c: [1] });
  dispose(held);
  expect(countTensors()).toBe(before);
});
