import { expect, it } from 'vitest';
import { logBytes, logRecords } from './transaction-log.js';

const recordOf = (length: number, byte: number) => Buffer.alloc(length, byte);

it('begins as the files that wandb writes', () => {
  // The first record of a file by wandb 0.30: kind "full", 77 bytes, plain CRC-32.
  const record = Buffer.from(
    '0801c20c0a0a086162636431323334aa013b0a390a2f302e33302e302b6535656339646339323336643161346662623966653763303739356262636364666631653065373712' +
      '06302e37302e30',
    'hex',
  );
  const bytes = logBytes([record], 0);
  expect(bytes.toString('hex', 0, 14)).toBe('3a572642e1be0048ccf34e4d0001');
});

it.each([
  { what: 'small ones', lengths: [1, 20, 300] },
  { what: 'an empty one', lengths: [5, 0, 5] },
  { what: 'one of many blocks', lengths: [10, 200_000, 10] },
  { what: 'one that fills its block', lengths: [32_768 - 7 - 7, 9] },
  { what: 'ones that leave less than a header', lengths: [32_768 - 7 - 7 - 3, 9] },
  { what: 'one that leaves exactly a header', lengths: [32_768 - 7 - 7 - 7, 9] },
])('records come back: $what', ({ lengths }) => {
  const records = lengths.map((length, i) => recordOf(length, i + 1));
  const atOnce = logBytes(records, 0);
  let oneByOne = Buffer.alloc(0);
  for (const record of records)
    oneByOne = Buffer.concat([oneByOne, logBytes([record], oneByOne.length)]);
  expect(oneByOne).toEqual(atOnce);
  expect(logRecords(atOnce).map(({ record }) => Buffer.from(record))).toEqual(records);
});

it('a record begins where it can be cut off', () => {
  const records = [recordOf(50_000, 1), recordOf(50_000, 2)];
  const bytes = logBytes(records, 0);
  const [, second] = logRecords(bytes);
  const kept = bytes.subarray(0, second.start);
  expect(logRecords(kept)).toHaveLength(1);
  expect(Buffer.concat([kept, logBytes([records[1]], kept.length)])).toEqual(bytes);
});
