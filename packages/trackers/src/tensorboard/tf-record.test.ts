import { expect, it } from 'vitest';
import { maskedCrc32c } from './crc32c.js';
import { tfRecord } from './tf-record.js';

it('a record stands between its length and its checksum', () => {
  const framed = tfRecord(Buffer.from('abc'));
  expect(framed).toHaveLength(8 + 4 + 3 + 4);
  expect(framed.readBigUInt64LE(0)).toBe(3n);
  expect(framed.readUInt32LE(8)).toBe(maskedCrc32c(framed.subarray(0, 8)));
  expect(framed.toString('utf8', 12, 15)).toBe('abc');
  expect(framed.readUInt32LE(15)).toBe(maskedCrc32c(Buffer.from('abc')));
});
