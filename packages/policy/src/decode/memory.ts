import { type Kernels, newArray } from '@grpo/tensor';

const CHUNK = 2 ** 22; // numbers

/** Arrays that are read again and again and stay for as long as one another: side by side, so that they fill large pages. */
export function longLivedTogether(kernels: Kernels): (numbers: number) => Float32Array {
  let chunk: Float32Array = new Float32Array();
  let at = 0;
  return (numbers) => {
    if (at + numbers > chunk.length) {
      chunk = newArray(kernels, Math.max(CHUNK, numbers), { onLargePages: true });
      at = 0;
    }
    const array = chunk.subarray(at, at + numbers);
    at += Math.ceil(numbers / 16) * 16; // a line of the cache
    return array;
  };
}
