import { expect, test } from 'vitest';
import { roundToBfloat16, roundToFloat16, widenBfloat16, widenFloat16 } from './half-floats.js';

type Cast<From, To> = (from: From, to: To) => void;

function rounded(cast: Cast<Float32Array, Uint16Array>, values: readonly number[]): number[] {
  const halves = new Uint16Array(values.length);
  cast(Float32Array.from(values), halves);
  return [...halves];
}

function widened(cast: Cast<Uint16Array, Float32Array>, halves: readonly number[]): number[] {
  const floats = new Float32Array(halves.length);
  cast(Uint16Array.from(halves), floats);
  return [...floats];
}

test.each([
  ['one', 1, 0x3c00],
  ['minus two', -2, 0xc000],
  ['zero', 0, 0x0000],
  ['minus zero', -0, 0x8000],
  ['a third', 1 / 3, 0x3555],
  ['a tie above an even number goes down', 1 + 2 ** -11, 0x3c00],
  ['a tie above an odd number goes up', 1 + 3 * 2 ** -11, 0x3c02],
  ['just above a tie goes up', 1 + 2 ** -11 + 2 ** -23, 0x3c01],
  ['a carry into the exponent gives the next power of two', 2 - 2 ** -12, 0x4000],
  ['the largest number', 65504, 0x7bff],
  ['just below halfway to infinity', 65519.996, 0x7bff],
  ['halfway to infinity overflows', 65520, 0x7c00],
  ['a number far too large overflows', -3e38, 0xfc00],
  ['infinity', Number.POSITIVE_INFINITY, 0x7c00],
  ['minus infinity', Number.NEGATIVE_INFINITY, 0xfc00],
  ['not a number', Number.NaN, 0x7e00],
  ['the smallest normal number', 2 ** -14, 0x0400],
  ['the largest subnormal', 1023 * 2 ** -24, 0x03ff],
  ['a subnormal that rounds up to a normal number', 2 ** -14 - 2 ** -26, 0x0400],
  ['the smallest subnormal', 2 ** -24, 0x0001],
  ['a tie between two subnormals goes to the even one', 5 * 2 ** -25, 0x0002],
  ['half of the smallest subnormal is a tie and goes to zero', 2 ** -25, 0x0000],
  ['above half of the smallest subnormal goes up', -(2 ** -25) * (1 + 2 ** -20), 0x8001],
  ['below half of the smallest subnormal goes to zero', -(2 ** -26), 0x8000],
  ['a subnormal of float32 goes to zero', 2 ** -149, 0x0000],
])('float16: %s', (_what, value, bits) => {
  expect(rounded(roundToFloat16, [value])).toEqual([bits]);
});

test.each([
  ['one', 1, 0x3f80],
  ['minus zero', -0, 0x8000],
  ['a third', 1 / 3, 0x3eab],
  ['a tie above an even number goes down', 1 + 2 ** -8, 0x3f80],
  ['a tie above an odd number goes up', 1 + 3 * 2 ** -8, 0x3f82],
  ['just above a tie goes up', 1 + 2 ** -8 + 2 ** -23, 0x3f81],
  ['a carry into the exponent gives the next power of two', 2 - 2 ** -9, 0x4000],
  ['the largest number', 255 * 2 ** 120, 0x7f7f],
  ['the largest float32 overflows', 3.4028234663852886e38, 0x7f80],
  ['infinity', Number.POSITIVE_INFINITY, 0x7f80],
  ['minus infinity', Number.NEGATIVE_INFINITY, 0xff80],
  ['not a number', Number.NaN, 0x7fc0],
  ['a subnormal', 2 ** -133, 0x0001],
  ['a subnormal that is a tie goes to zero', 2 ** -134, 0x0000],
  ['a subnormal above the tie goes up', -(2 ** -134 + 2 ** -149), 0x8001],
])('bfloat16: %s', (_what, value, bits) => {
  expect(rounded(roundToBfloat16, [value])).toEqual([bits]);
});

test.each([
  ['float16', widenFloat16, roundToFloat16, 0x7c00],
  ['bfloat16', widenBfloat16, roundToBfloat16, 0x7f80],
] as const)(
  'every number of %s is widened and rounded back to itself',
  (_name, widen, round, infinity) => {
    const isNumber = (bits: number) => (bits & 0x7fff) <= infinity;
    const halves = Array.from({ length: 65536 }, (_, bits) => bits).filter(isNumber);
    expect(rounded(round, widened(widen, halves))).toEqual(halves);
  },
);

test('the numbers of float16 are those of its definition', () => {
  const halves = [0x0000, 0x0001, 0x83ff, 0x0400, 0x3c01, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
  expect(widened(widenFloat16, halves)).toEqual([
    0,
    2 ** -24,
    -1023 * 2 ** -24,
    2 ** -14,
    1 + 2 ** -10,
    -2,
    65504,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ]);
});
