import type { TokenBatch } from '@grpo/policy';
import type { StepSize } from '@grpo/policy-loss';
import type { Rollout } from './types.js';

/** Rollouts laid out for one forward and backward pass; arrays are row-major. */
export interface TrainBatch {
  readonly tokens: TokenBatch;
  /** [B, T] by the weights that sampled. */
  readonly samplerLogProbs: Float64Array;
  /** [B] or [B, T] */
  readonly advantages: Float64Array;
  /** [B]; absent where a group is split between batches: a loss that compares its members must refuse. */
  readonly groupIds?: readonly string[];
}

/**
 * Lays rollouts out in right-padded batches of at most `size` sequences, in their order.
 * A failed rollout keeps its row, with nothing unmasked.
 *
 * @param advantages [B] one per rollout, or [B, T] one per token, T those of the longest rollout
 */
export function toBatches(
  rollouts: readonly Rollout[],
  advantages: Float64Array,
  size: number,
  temperature: number,
): TrainBatch[] {
  const step = Math.min(size, rollouts.length);
  const starts: number[] = [];
  for (let start = 0; start < rollouts.length; start += step) starts.push(start);
  const parts = starts.map((start) => rollouts.slice(start, start + step));
  const hasWholeGroups =
    parts.reduce((sum, part) => sum + groupsIn(part).size, 0) === groupsIn(rollouts).size;

  const perRollout = advantages.length / rollouts.length; // 1 or T
  return parts.map((part, i) => {
    const start = starts[i] * perRollout;
    const own = advantages.slice(start, start + part.length * perRollout);
    const groupIds = part.map(({ groupId }) => groupId);
    return { ...toBatch(part, own, temperature), ...(hasWholeGroups && { groupIds }) };
  });
}

function groupsIn(rollouts: readonly Rollout[]): Set<string> {
  return new Set(rollouts.map(({ groupId }) => groupId));
}

/** Tokens of the longest rollout. */
export function longest(rollouts: readonly Rollout[]): number {
  return Math.max(0, ...rollouts.map(({ ids }) => ids.length));
}

function toBatch(
  rollouts: readonly Rollout[],
  advantages: Float64Array,
  temperature: number,
): TrainBatch {
  const [b, t] = [rollouts.length, longest(rollouts)];
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
    advantages: advantages.length === b ? advantages : narrowed(advantages, b, t),
  };
}

/** The first t of each row's numbers. [B, T] → [B, t] */
function narrowed(numbers: Float64Array, b: number, t: number): Float64Array {
  const T = numbers.length / b;
  const rows = new Float64Array(b * t);
  for (let row = 0; row < b; row++) {
    rows.set(numbers.subarray(row * T, row * T + t), row * t);
  }
  return rows;
}

/** Tokens, sequences and, where none is split, groups of the whole step, which every micro-batch is normalised by. */
export function stepSize(batches: readonly TrainBatch[]): StepSize {
  const count = (mask: Uint8Array) => mask.reduce((sum, m) => sum + m, 0);
  const groups = new Set(batches.flatMap(({ groupIds = [] }) => groupIds)).size;
  return {
    tokens: batches.reduce((sum, { tokens }) => sum + count(tokens.mask), 0),
    sequences: batches.reduce((sum, { tokens }) => sum + tokens.shape[0], 0),
    ...(groups > 0 && { groups }),
  };
}
