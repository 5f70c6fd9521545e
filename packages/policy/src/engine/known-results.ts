import { hostTensor, type Kernels, type Tensor } from '@grpo/tensor';
import type { Packing } from './packing.js';
import { type TokenTrace, tracedRows } from './token-trace.js';

/** Results in a trace, by their names; undefined for those that are not kept. */
export interface KnownResults {
  /** Where the results of each row stand among those that are kept. [N] */
  readonly rows: Int32Array;
  /** All that is kept. [capacity, width] */
  kept(name: string): Float32Array | undefined;
  /** A copy of those that belong to the rows. [N, width] */
  result(name: string): Tensor | undefined;
}

/**
 * The results of projections and attention for a packed batch, as a sampler left them.
 *
 * @returns undefined where a token was not sampled under these weights
 */
export function knownResults(
  kernels: Kernels,
  trace: TokenTrace,
  packing: Packing,
): KnownResults | undefined {
  const rows = tracedRows(trace, sequencesOf(packing));
  if (rows === undefined) return undefined;
  return {
    rows,
    kept: (name) => trace.resultsOf(name)?.data,
    result: (name) => {
      const results = trace.resultsOf(name);
      if (results === undefined) return undefined;
      const { tensor, data } = hostTensor([rows.length, results.width]);
      const capacity = results.data.length / results.width;
      kernels.gatherRows(data, results.data, rows, rows.length, capacity, results.width);
      return tensor;
    },
  };
}

/** Prompts, and the completions that follow them, in the order of the packing's rows. */
function sequencesOf({ ids, promptLengths, completionLengths, promptOf }: Packing) {
  let end = 0;
  const take = (length: number) => {
    end += length;
    return ids.subarray(end - length, end);
  };
  const prompts = promptLengths.map((length) => ({ ids: take(length) }));
  const completions = completionLengths.map((length, c) => ({
    ids: take(length),
    after: promptOf[c],
  }));
  return [...prompts, ...completions];
}
