/** One test file that stands in for a test file beside each of several sources. */
export interface Suite {
  readonly test: string;
  /** Files, and folders with `/` at the end: those of their sources that have no test of their own. */
  readonly covers: readonly string[];
  /** Why one suite says more than a test file each. */
  readonly why: string;
}

export const suites: readonly Suite[] = [
  {
    test: 'packages/tensor/src/conformance.test.ts',
    covers: [
      'packages/tensor/src/attention.ts',
      'packages/tensor/src/gather-rows.ts',
      'packages/tensor/src/memory.ts',
      'packages/tensor/src/ops.ts',
      'packages/tensor/src/pick-log-probs.ts',
      'packages/tensor/src/random-normal.ts',
      'packages/tensor/src/rms-norm.ts',
      'packages/tensor/src/rotary.ts',
      'packages/tensor/src/stop-gradient.ts',
      'packages/tensor/src/swiglu.ts',
      'packages/tensor/src/wasm/heap.ts',
      'packages/tensor/src/wasm/register.ts',
      'packages/tensor/src/wasm/unsorted-segment-sum.ts',
    ],
    why: 'Every operation runs through one table: value, gradient and leaks, on each backend that loads.',
  },
  {
    test: 'packages/tensor/src/wasm/batch-mat-mul.test.ts',
    covers: ['packages/tensor/src/wasm/batch-mat-mul.wasm.ts'],
    why: 'The bytes of the kernel, written by the assembler; the kernel is what can be tested.',
  },
];
