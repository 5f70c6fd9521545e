import type { Kernels } from './kernels.js';

/** Numbers of a line of the processor's cache. */
const LINE = 16;

/**
 * Zeros for the kernels: the array begins with a line of the processor's cache. Where vectors lie across two lines, products
 * take some percent longer.
 *
 * @param length numbers
 * @param options.onLargePages for what is read again and again: fewer look-ups of addresses, where the system has large pages
 * @returns [length]
 * @throws RangeError where there is not so much memory
 */
export function newArray(
  kernels: Kernels,
  length: number,
  options: { readonly onLargePages?: boolean } = {},
): Float32Array {
  const memory = new Float32Array(length + LINE);
  if (options.onLargePages) kernels.hugePages(memory, memory.length);
  const start = kernels.lineStart(memory);
  return memory.subarray(start, start + length);
}
