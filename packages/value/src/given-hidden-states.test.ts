import { initBackend } from '@grpo/tensor';
import { beforeAll, expect, it } from 'vitest';
import { givenHiddenStates } from './given-hidden-states.js';
import type { HiddenStates } from './types.js';

beforeAll(async () => {
  await initBackend('cpu');
});

const backbone = givenHiddenStates(2);
const STATES: HiddenStates = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] };

it('gives the states as they are, one unit each', () => {
  expect(backbone.width).toBe(2);
  expect(backbone.sizes(STATES)).toEqual([1, 1, 1]);
  const hidden = backbone.hidden(STATES, {});
  expect(hidden.shape).toEqual([3, 2]);
  expect([...hidden.dataSync()]).toEqual([1, 2, 3, 4, 5, 6]);
  hidden.dispose();
});

it('selects rows in the order asked for', () => {
  expect(backbone.select(STATES, [2, 0])).toEqual({
    data: Float32Array.of(5, 6, 1, 2),
    shape: [2, 2],
  });
});

it.each([
  [{ data: new Float32Array(6), shape: [2, 3] }, '[2, 3] with 6 numbers'],
  [{ data: new Float32Array(5), shape: [3, 2] }, '[3, 2] with 5 numbers'],
] as const)('refuses states that are not [N, 2]', (states, got) => {
  expect(() => backbone.sizes(states)).toThrow(`needs hidden states of shape [N, 2], got ${got}`);
  expect(() => backbone.hidden(states, {})).toThrow(got);
});
