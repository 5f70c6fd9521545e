import { existsSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isDiskFull } from './is-disk-full.js';

test.runIf(existsSync('/dev/full'))('what a full disk throws is known, also as a cause', () => {
  let thrown: unknown;
  try {
    writeFileSync('/dev/full', 'x');
  } catch (error) {
    thrown = error;
  }
  expect(isDiskFull(thrown)).toBe(true);
  expect(isDiskFull(new Error('save failed', { cause: thrown }))).toBe(true);
});

test('other errors are not', () => {
  for (const error of [
    new Error('x'),
    Object.assign(new Error('x'), { code: 'EACCES' }),
    'ENOSPC',
  ]) {
    expect(isDiskFull(error)).toBe(false);
  }
});
