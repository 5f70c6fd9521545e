import type { LossBatch, Reduction } from './types.js';

// A reduction is the share cₜ that each token's loss has in the total: L = Σₜ cₜ·ℓₜ.
// Its sizes are those of the whole optimizer step, so that gradients of micro-batches add up to the
// gradient of one large batch.

/**
 * Mean over all tokens of the step: `cₜ = 1 / Σᵢ|oᵢ|`. Every token counts the same.
 *
 * Yu et al. 2025, DAPO, equation 8, https://arxiv.org/abs/2503.14476.
 */
export function tokenMean(): Reduction {
  return (batch) => shares(batch, () => 1 / Math.max(batch.step.tokens, 1));
}

/**
 * Mean over the sequences of each one's mean: `cₜ = 1 / (S·|oᵢ|)`. A token of a long answer counts less.
 *
 * Shao et al. 2024, DeepSeekMath, equation 3, https://arxiv.org/abs/2402.03300. A sequence without
 * unmasked tokens adds 0 and still counts in S.
 */
export function sequenceMean(): Reduction {
  return (batch) =>
    shares(batch, (b) => 1 / (Math.max(batch.step.sequences, 1) * Math.max(batch.lengths[b], 1)));
}

/**
 * Mean over the sequences of each one's sum over a constant: `cₜ = 1 / (S·L)`. Free of length bias.
 *
 * Liu et al. 2025, Dr. GRPO, appendix, https://arxiv.org/abs/2503.20783.
 *
 * @param options.length L, tokens: the most that a completion may have; not the padded width
 */
export function constantLength({ length }: { readonly length?: number } = {}): Reduction {
  if (length === undefined || !(length > 0)) {
    throw new Error(
      `constantLength: length needs a number above 0, got ${length}. Pass the most tokens that a completion may have.`,
    );
  }
  return (batch) => shares(batch, () => 1 / (Math.max(batch.step.sequences, 1) * length));
}

/**
 * Mean over the sequences of each one's sum: `cₜ = 1 / S`. With one ratio per sequence, a sequence's
 * loss counts as often as it has tokens.
 *
 * LUSPO, https://arxiv.org/abs/2602.05261. The scale grows with the length of the completions.
 */
export function sequenceSum(): Reduction {
  return (batch) => shares(batch, () => 1 / Math.max(batch.step.sequences, 1));
}

/**
 * Mean over the tokens of the micro-batch, then over micro-batches: `cₜ = (B/S) / Σᵢ|oᵢ|`.
 *
 * TRL's `bnpo`. A token's share depends on which sequences share its micro-batch; `token-mean` is the
 * form without that flaw, and the same for a step of one micro-batch.
 */
export function microBatchTokenMean(): Reduction {
  return (batch) => {
    const { lengths, shape, step } = batch;
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    return shares(batch, () => shape[0] / Math.max(step.sequences, 1) / Math.max(tokens, 1));
  };
}

/**
 * Mean over the prompts of the mean over all tokens of a prompt's completions:
 * `cₜ = 1 / (P·Σ_{j in i's group}|oⱼ|)`. Every prompt counts the same.
 *
 * A group must not be split between micro-batches; `step.groups` counts the groups of the whole step.
 *
 * @throws where the batch has no `groupIds`
 */
export function promptMean(): Reduction {
  return (batch) => {
    const { groupIds, lengths, step } = batch;
    if (!groupIds) {
      throw new Error(
        'promptMean: a mean over prompts needs groupIds, got none. Pass the group of each sequence.',
      );
    }
    const tokens = new Map<string | number, number>();
    groupIds.forEach((id, b) => {
      tokens.set(id, (tokens.get(id) ?? 0) + lengths[b]);
    });
    const prompts = step.groups ?? tokens.size;
    return shares(batch, (b) => 1 / (prompts * Math.max(tokens.get(groupIds[b]) ?? 0, 1)));
  };
}

/** The share of each unmasked token of sequence b; 0 where masked. */
function shares({ mask, shape: [, T] }: LossBatch, share: (b: number) => number): Float64Array {
  return mask.map((m, i) => (m === 1 ? share(Math.floor(i / T)) : 0)); // [B, T]
}
