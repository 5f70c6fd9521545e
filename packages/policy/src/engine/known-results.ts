import { hostTensor, type Kernels, type Tensor } from '@grpo/tensor';
import type { Packing } from './packing.js';
import { type TokenTrace, tracedRows } from './token-trace.js';

/**
 * The results of projections for a packed batch, as a sampler left them.
 *
 * @returns gives a result [N, out] by the name of its weight; undefined where a token was not sampled under these weights
 */
export function knownResults(
  kernels: Kernels,
  trace: TokenTrace,
  packing: Packing,
): ((weight: string) => Tensor | undefined) | undefined {
  const rows = tracedRows(trace, sequencesOf(packing));
  if (rows === undefined) return undefined;
  return (weight) => {
    const results = trace.resultsOf(weight);
    if (results === undefined) return undefined;
    const { tensor, data } = hostTensor([rows.length, results.width]);
    const capacity = results.data.length / results.width;
    kernels.gatherRows(data, results.data, rows, rows.length, capacity, results.width);
    return tensor;
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
