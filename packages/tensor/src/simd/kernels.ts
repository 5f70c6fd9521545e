import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import type { ArrayKernels } from './array-kernels.js';
import type { AttentionKernels } from './attention-kernels.js';
import type { DecodeKernels } from './decode-kernels.js';
import type { GradientKernels } from './gradient-kernels.js';
import type { MatrixKernels } from './matrix-kernels.js';
import type { NetworkKernels } from './network-kernels.js';
import type { OptimizerKernels } from './optimizer-kernels.js';

/**
 * The kernels of the simd backend: C++ on plain arrays, compiled for the processor of the machine by `cpp/compile.mjs`.
 * Arrays are row-major float32 without gaps unless told otherwise; an output comes first, is overwritten, and may not
 * overlap an input unless told otherwise. A wrong length is an error. Threads share a call, GRPO_THREADS says how many.
 */
export interface Kernels
  extends ArrayKernels,
    MatrixKernels,
    NetworkKernels,
    GradientKernels,
    AttentionKernels,
    OptimizerKernels,
    DecodeKernels {
  /** Threads that share a call. */
  threads(): number;
}

const FOLDER = new URL('../../build/', import.meta.url);
let loaded: Kernels | undefined;

/** @throws if the kernels were not compiled, or on another machine */
export function loadKernels(): Kernels {
  loaded ??= load();
  return loaded;
}

/** Whether `loadKernels` gives them. */
export function areKernelsCompiled(): boolean {
  try {
    return loadKernels() !== undefined;
  } catch {
    return false;
  }
}

function load(): Kernels {
  const require = createRequire(import.meta.url);
  let mark: { processor: string; platform: string };
  try {
    mark = JSON.parse(readFileSync(new URL('simd.json', FOLDER), 'utf8'));
  } catch {
    throw new Error('the kernels are not compiled (node cpp/compile.mjs in @grpo/tensor)');
  }
  const here = {
    processor: cpus()[0]?.model ?? 'unknown',
    platform: `${process.platform}-${process.arch}`,
  };
  if (mark.processor !== here.processor || mark.platform !== here.platform) {
    throw new Error(`the kernels were compiled for ${mark.platform}, ${mark.processor}`);
  }
  return require('../../build/simd.node') as Kernels;
}
