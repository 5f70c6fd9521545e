import { expect, it } from 'vitest';
import { unitLayout } from './unit-layout.js';

const layout = unitLayout([2, 0, 3, 1]);
const NUMBERS = [10, 11, 30, 31, 32, 40];

it('picks the numbers of units, in the order of the units', () => {
  expect([...layout.pick(NUMBERS, [3, 0])]).toEqual([40, 10, 11]);
  expect([...layout.pick(NUMBERS, [1, 2])]).toEqual([30, 31, 32]);
  expect([...layout.pick(NUMBERS, [0, 1, 2, 3])]).toEqual(NUMBERS);
});

it('counts the states of units', () => {
  expect(layout.units).toBe(4);
  expect(layout.count([0, 2])).toBe(5);
  expect(layout.count([1])).toBe(0);
});

it('has nothing for no units', () => {
  expect(unitLayout([]).pick([], [])).toHaveLength(0);
});
