import { expect, test } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';
import { newArray } from './new-array.js';

test.skipIf(!areKernelsCompiled())(
  'an array begins with a line of the cache, on large pages too, and holds zeros',
  () => {
    const kernels = loadKernels();
    for (const length of [17, 1000, 2 ** 20]) {
      for (const onLargePages of [false, true]) {
        const array = newArray(kernels, length, { onLargePages });
        expect(array.length).toBe(length);
        expect(array.every((x) => x === 0)).toBe(true);
        expect(kernels.lineStart(array)).toBe(0);
        expect(kernels.lineStart(array.subarray(1))).toBe(15);
      }
    }
    expect(newArray(kernels, 0).length).toBe(0);
  },
);
