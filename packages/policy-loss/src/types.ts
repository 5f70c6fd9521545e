/**
 * Glossary (B sequences, T tokens; arrays are row-major, position [b, t] at b * T + t)
 * - Log-probs: natural logarithms (nats) of the probability of each token that was sampled.
 * - Old: by the weights that sampled the batch. Ref: by the frozen reference model.
 * - Mask: 1 where the model produced the token; everything else never influences a result.
 */

export type Floats = Float64Array | Float32Array | readonly number[];

/** Per-token inputs of a policy loss. Only `logProbs` (and `entropies`) receive gradient. */
export interface LossInput {
  /** [B, T] log-probs under the current weights; the argument that receives gradient. */
  readonly logProbs: Floats;
  /** [B, T] log-probs at rollout time; default `logProbs` held constant, which makes every ratio exactly 1. */
  readonly oldLogProbs?: Floats;
  /** [B, T] log-probs under the reference model; needed where a KL term is used. */
  readonly refLogProbs?: Floats;
  /** [B] one per sequence, or [B, T] one per token. */
  readonly advantages: Floats;
  /** [B, T] 1 = the model's token. */
  readonly mask: Uint8Array | Floats;
  readonly shape: readonly [sequences: number, tokens: number];
  /** Sizes of the whole optimizer step, so that accumulated micro-batches equal one large batch. Default: this batch. */
  readonly step?: StepSize;
}

/** What a mean over a whole optimizer step divides by. */
export interface StepSize {
  /** Unmasked tokens in all micro-batches of the step. */
  readonly tokens: number;
  /** Sequences in all micro-batches of the step. */
  readonly sequences: number;
}

/** A loss, its gradient with respect to the current log-probs, and metrics. */
export interface LossResult {
  readonly loss: number;
  /** [B, T] d loss / d logProbs; exactly 0 where the mask is 0. */
  readonly gradLogProbs: Float64Array;
  /** Means over this batch's unmasked tokens, under TRL's names where TRL has them. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Per-token log-probs in; the loss, its gradient and metrics out. */
export type PolicyLoss = (input: LossInput) => LossResult;
