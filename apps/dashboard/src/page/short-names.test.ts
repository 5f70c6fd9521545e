import { expect, test } from 'vitest';
import { shortNames } from './short-names.js';

test('a name is as long as it must be to be no other', () => {
  expect(shortNames(['x/runs/test', 'a/runs/run-1', 'b/runs/run-1', 'run-1'])).toEqual([
    'test',
    'a/runs/run-1',
    'b/runs/run-1',
    'run-1',
  ]);
});
