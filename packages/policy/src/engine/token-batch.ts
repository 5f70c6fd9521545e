import type { ModelConfig } from '../architectures/config.js';
import type { TokenBatch, TokenSequence } from '../types.js';

/**
 * Lays sequences out as a right-padded batch.
 *
 * @returns shape [B, T] with T the longest sequence
 */
export function toTokenBatch(sequences: readonly TokenSequence[], temperature = 1): TokenBatch {
  const tokens = Math.max(0, ...sequences.map(({ ids }) => ids.length));
  const ids = new Int32Array(sequences.length * tokens);
  const mask = new Uint8Array(sequences.length * tokens);
  for (const [b, sequence] of sequences.entries()) {
    ids.set(sequence.ids, b * tokens);
    for (const [t, own] of sequence.mask.entries()) mask[b * tokens + t] = own ? 1 : 0;
  }
  const lengths = Int32Array.from(sequences, (sequence) => sequence.ids.length);
  return { shape: [sequences.length, tokens], ids, lengths, mask, temperature };
}

/**
 * The tokens that a loss looks at. Token t is predicted by the hidden state at t − 1.
 *
 * @returns per unmasked token: its hidden row, its id, and its place in [B, T]
 */
export function selectTokens({ ids, mask }: TokenBatch): {
  readonly rows: Int32Array;
  readonly targets: Int32Array;
  readonly at: Int32Array;
} {
  const places: number[] = [];
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1) places.push(i);
  return {
    rows: Int32Array.from(places, (i) => i - 1),
    targets: Int32Array.from(places, (i) => ids[i]),
    at: Int32Array.from(places),
  };
}

/** Numbers of the unmasked tokens in their places, 0 elsewhere. [N] → [B, T] */
export function scatter(values: ArrayLike<number>, at: Int32Array, size: number): Float64Array {
  const scattered = new Float64Array(size);
  for (const [n, place] of at.entries()) scattered[place] = values[n] as number;
  return scattered;
}

/** [B] the hidden row of the last token of each sequence; of its first place where it has no tokens. */
export function lastRows({ lengths, shape: [, tokens] }: TokenBatch): Int32Array {
  return lengths.map((length, b) => b * tokens + Math.max(0, length - 1));
}

/** @throws if sizes disagree, a sequence passes the context, a first token is unmasked, or an id is unknown */
export function checkBatch(batch: TokenBatch, config: ModelConfig): void {
  const [sequences, tokens] = batch.shape;
  const size = sequences * tokens;
  if (
    batch.ids.length !== size ||
    batch.mask.length !== size ||
    batch.lengths.length !== sequences
  ) {
    throw new Error(
      `checkBatch: needs ids and mask of [${sequences}, ${tokens}] and lengths of [${sequences}], got ${batch.ids.length}, ${batch.mask.length} and ${batch.lengths.length} numbers.`,
    );
  }
  if (tokens > config.contextLength) {
    throw new Error(
      `checkBatch: needs sequences of at most ${config.contextLength} tokens, got ${tokens}. Shorten prompts or completions, or use a model with a longer context.`,
    );
  }
  for (let b = 0; b < sequences; b++) {
    if (batch.mask[b * tokens] === 1) {
      throw new Error(
        `checkBatch: needs mask 0 at the first token, got 1 in sequence ${b}. Nothing predicts the first token.`,
      );
    }
  }
  const unknown = batch.ids.find((id) => !(id >= 0 && id < config.vocabularySize));
  if (unknown !== undefined) {
    throw new Error(
      `checkBatch: needs token ids from 0 to ${config.vocabularySize - 1}, got ${unknown}. Use the tokenizer of this model.`,
    );
  }
}
