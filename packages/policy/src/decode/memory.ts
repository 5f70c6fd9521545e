import type { Kernels } from '@grpo/tensor';

const CHUNK = 2 ** 22; // numbers

/** Arrays that are read again and again, on large pages where the system has them. */
export function longLived(kernels: Kernels, numbers: number): Float32Array {
  const array = new Float32Array(numbers);
  kernels.hugePages(array, numbers);
  return array;
}

/** As `longLived`, for arrays that stay for as long as one another: they lie side by side, so that pages are filled. */
export function longLivedTogether(kernels: Kernels): (numbers: number) => Float32Array {
  let chunk: Float32Array = new Float32Array();
  let at = 0;
  return (numbers) => {
    if (at + numbers > chunk.length) {
      chunk = longLived(kernels, Math.max(CHUNK, numbers));
      at = 0;
    }
    const array = chunk.subarray(at, at + numbers);
    at += Math.ceil(numbers / 16) * 16; // a line of the cache
    return array;
  };
}
