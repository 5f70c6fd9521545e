const FLOAT16_BIAS_SHIFT = 127 - 15; // between the exponents of float32 and float16
const FLOAT16_INFINITY = 0x7c00;
const FLOAT16_NAN = 0x7e00;
const BFLOAT16_NAN = 0x7fc0;
const FLOAT32_INFINITY = 0x7f800000;

/**
 * Widens IEEE 754 half precision (1 sign bit, 5 exponent bits, 10 fraction bits) to float32, exactly.
 *
 * @param halves [N]
 * @param floats [N], filled
 */
export function widenFloat16(halves: Uint16Array, floats: Float32Array): void {
  const words = bitsOf(floats);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) floats[i] = (sign ? -fraction : fraction) * 2 ** -24;
    else if (exponent === 0x1f) words[i] = sign | FLOAT32_INFINITY | (fraction << 13);
    else words[i] = sign | ((exponent + FLOAT16_BIAS_SHIFT) << 23) | (fraction << 13);
  }
}

/**
 * Widens bfloat16, the upper half of a float32, exactly.
 *
 * @param halves [N]
 * @param floats [N], filled
 */
export function widenBfloat16(halves: Uint16Array, floats: Float32Array): void {
  const words = bitsOf(floats);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
}

/**
 * Rounds float32 to half precision: to the nearest, ties to even; from 65520 on to infinity; below 2⁻¹⁴ to
 * subnormals; a NaN to the quiet one.
 *
 * @param floats [N]
 * @param halves [N], filled
 */
export function roundToFloat16(floats: Float32Array, halves: Uint16Array): void {
  const words = bitsOf(floats);
  for (let i = 0; i < words.length; i++) {
    const magnitude = words[i] & 0x7fffffff;
    halves[i] = ((words[i] >>> 16) & 0x8000) | float16Magnitude(magnitude);
  }
}

/**
 * Rounds float32 to bfloat16: to the nearest, ties to even; from halfway above the largest on to infinity;
 * a NaN to the quiet one.
 *
 * @param floats [N]
 * @param halves [N], filled
 */
export function roundToBfloat16(floats: Float32Array, halves: Uint16Array): void {
  const words = bitsOf(floats);
  for (let i = 0; i < words.length; i++) {
    const magnitude = words[i] & 0x7fffffff;
    const rounded = magnitude > FLOAT32_INFINITY ? BFLOAT16_NAN : shiftToNearestEven(magnitude, 16);
    halves[i] = ((words[i] >>> 16) & 0x8000) | rounded;
  }
}

function float16Magnitude(magnitude: number): number {
  if (magnitude > FLOAT32_INFINITY) return FLOAT16_NAN;
  const exponent = (magnitude >>> 23) - FLOAT16_BIAS_SHIFT;
  if (exponent >= 0x1f) return FLOAT16_INFINITY;
  // Rounding up may carry into the exponent: that is the next power of two, or infinity, as it should be.
  if (exponent > 0) return shiftToNearestEven(magnitude - (FLOAT16_BIAS_SHIFT << 23), 13);
  if (exponent < -10) return 0; // below 2⁻²⁵, half of the smallest subnormal
  return shiftToNearestEven((magnitude & 0x7fffff) | 0x800000, 14 - exponent);
}

/** value / 2^bits, rounded to the nearest integer, ties to even. */
function shiftToNearestEven(value: number, bits: number): number {
  const quotient = value >>> bits;
  const rest = value & ((1 << bits) - 1);
  const half = 1 << (bits - 1);
  const isUp = rest > half || (rest === half && quotient % 2 === 1);
  return isUp ? quotient + 1 : quotient;
}

function bitsOf(floats: Float32Array): Uint32Array {
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}
