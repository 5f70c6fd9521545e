import { expect, test } from 'vitest';
import { verdictResult } from './verdict-result.js';

test('no verdict is no number, and the share of such is logged', () => {
  expect(verdictResult({ unavailable: 'timeout', reason: 'slow' }, () => ({ value: 1 }))).toEqual({
    value: null,
    parts: { unavailable: 1 },
  });
  expect(verdictResult({ value: 4 }, (value) => ({ value, parts: { a: 1 } }))).toEqual({
    value: 4,
    parts: { a: 1, unavailable: 0 },
  });
});
