import type { TokenBatch } from '@grpo/policy';
import type { StepSize } from '@grpo/policy-loss';
import type { Rollout } from './types.js';

/** Rollouts laid out for one forward and backward pass; arrays are row-major. */
export interface TrainBatch {
  readonly tokens: TokenBatch;
  /** [B, T] by the weights that sampled. */
  readonly samplerLogProbs: Float64Array;
  /** [B] */
  readonly advantages: Float64Array;
}

/**
 * Lays rollouts out in right-padded batches of at most `size` sequences, in their order.
 * A failed rollout keeps its row, with nothing unmasked.
 *
 * @param advantages [B] one per rollout
 */
export function toBatches(
  rollouts: readonly Rollout[],
  advantages: Float64Array,
  size: number,
  temperature: number,
): TrainBatch[] {
  const batches: TrainBatch[] = [];
  const step = Math.min(size, rollouts.length);
  for (let start = 0; start < rollouts.length; start += step) {
    const part = rollouts.slice(start, start + step);
    batches.push(toBatch(part, advantages.slice(start, start + part.length), temperature));
  }
  return batches;
}

function toBatch(
  rollouts: readonly Rollout[],
  advantages: Float64Array,
  temperature: number,
): TrainBatch {
  const [b, t] = [rollouts.length, Math.max(...rollouts.map(({ ids }) => ids.length))];
  const ids = new Int32Array(b * t);
  const mask = new Uint8Array(b * t);
  const samplerLogProbs = new Float64Array(b * t);
  for (const [row, rollout] of rollouts.entries()) {
    ids.set(rollout.ids, row * t);
    samplerLogProbs.set(rollout.logProbs, row * t);
    if (rollout.failure === undefined) mask.set(rollout.mask.map(Number), row * t);
  }
  const lengths = Int32Array.from(rollouts, (rollout) => rollout.ids.length);
  return {
    tokens: { shape: [b, t], ids, lengths, mask, temperature },
    samplerLogProbs,
    advantages,
  };
}

/** Tokens and sequences of the whole optimizer step, which every micro-batch is normalised by. */
export function stepSize(batches: readonly TrainBatch[]): StepSize {
  const count = (mask: Uint8Array) => mask.reduce((sum, m) => sum + m, 0);
  return {
    tokens: batches.reduce((sum, { tokens }) => sum + count(tokens.mask), 0),
    sequences: batches.reduce((sum, { tokens }) => sum + tokens.shape[0], 0),
  };
}
