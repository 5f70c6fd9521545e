import { expect, test } from 'vitest';
import { readBounded } from './read-bounded.js';

test('a character that two chunks share is read whole', async () => {
  const bytes = Buffer.from('né');
  const body = (async function* () {
    yield bytes.subarray(0, 2);
    yield bytes.subarray(2);
  })();
  expect(await readBounded(body, 3)).toBe('né');
  expect(await readBounded(null, 0)).toBe('');
});

test('a body beyond the limit is cancelled, not read to its end', async () => {
  let isCancelled = false;
  let given = 0;
  const endless = (async function* () {
    try {
      for (;;) {
        given++;
        yield new Uint8Array(10);
      }
    } finally {
      isCancelled = true;
    }
  })();
  expect(await readBounded(endless, 25)).toBeUndefined();
  expect({ given, isCancelled }).toEqual({ given: 3, isCancelled: true });
});
