import { expect, test } from 'vitest';
import { concatenated, float, integer, message, text } from './wire.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// The examples of https://protobuf.dev/programming-guides/encoding.
test('the guide to the format: 150 in field 1, a text in field 2, a message in field 3', () => {
  expect(hex(integer(1, 150))).toBe('089601');
  expect(hex(text(2, 'testing'))).toBe('120774657374696e67');
  expect(hex(message(3, [integer(1, 150)]))).toBe('1a03089601');
});

test('a negative number is written as ten bytes of two’s complement', () => {
  expect(hex(integer(1, -2))).toBe('08feffffffffffffffff01');
});

test('a field number above 15 takes two bytes, a float four', () => {
  expect(hex(integer(20, 2))).toBe('a00102');
  expect(hex(float(2, 1.5))).toBe('150000c03f');
});

test('lengths and numbers pass 127 and 2 to the 32', () => {
  expect(hex(text(1, 'x'.repeat(200))).slice(0, 6)).toBe('0ac801');
  expect(hex(integer(1, 2 ** 32))).toBe('088080808010');
});

test('parts follow one another', () => {
  expect(concatenated([Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)])).toEqual(
    Uint8Array.of(1, 2, 3),
  );
});
