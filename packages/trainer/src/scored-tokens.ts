import type { LogProbModel } from '@grpo/policy';
import type { TrainBatch } from './batch.js';

/** Log-probs of rollouts under one model: a row for each, over the tokens of its own batch. */
export type LogProbRows = readonly Float64Array[];

/**
 * Log-probs of every batch, cut into a row per rollout, so that they can be laid out again in other batches.
 *
 * @returns [B] rows of the tokens of each rollout's batch; 0 where the mask is 0
 */
export async function logProbRows(
  model: LogProbModel,
  batches: readonly TrainBatch[],
): Promise<LogProbRows> {
  const rows: Float64Array[] = [];
  for (const { tokens } of batches) {
    const logProbs = await model.logProbs(tokens); // [b, t]
    const [b, t] = tokens.shape;
    for (let row = 0; row < b; row++) rows.push(logProbs.slice(row * t, (row + 1) * t));
  }
  return rows;
}

/**
 * Rows as one batch: cut or padded with 0 to its tokens.
 *
 * @returns [B, T]
 */
export function layOut(rows: LogProbRows, tokens: number): Float64Array {
  const laid = new Float64Array(rows.length * tokens);
  for (const [b, row] of rows.entries()) laid.set(row.subarray(0, tokens), b * tokens);
  return laid;
}
