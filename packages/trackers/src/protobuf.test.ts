import { expect, it } from 'vitest';
import { bytesField, doubleField, readFields, textField, varint, varintField } from './protobuf.js';

it('writes the examples of the specification', () => {
  expect(varint(150).toString('hex')).toBe('9601');
  expect(varintField(1, 150).toString('hex')).toBe('089601');
  expect(textField(2, 'testing').toString('hex')).toBe('120774657374696e67');
  expect(bytesField(3, varintField(1, 150)).toString('hex')).toBe('1a03089601');
});

it('holds numbers up to 2⁵³ − 1', () => {
  for (const value of [0, 1, 127, 128, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])
    expect(readFields(varintField(7, value))).toEqual([{ number: 7, value }]);
});

it('reads fields in their order, and passes over numbers of fixed width', () => {
  const message = Buffer.concat([doubleField(1, 0.1), varintField(200, 3), textField(2, 'ü')]);
  expect(readFields(message)).toEqual([
    { number: 200, value: 3 },
    { number: 2, bytes: Buffer.from('ü') },
  ]);
});

it('refuses what is no message', () => {
  expect(() => readFields(Uint8Array.of(3))).toThrow('needs a protobuf message, got wire type 3.');
});
