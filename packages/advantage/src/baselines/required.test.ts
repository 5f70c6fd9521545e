import { expect, it } from 'vitest';
import { required } from './required.js';

it('gives the field, or says what to pass', () => {
  const batch = { rewards: [[1]], groupIds: [1] };
  expect(required({ ...batch, lengths: [3] }, 'lengths')).toEqual([3]);
  expect(() => required(batch, 'lengths')).toThrow('Pass the number of tokens of each completion.');
});
