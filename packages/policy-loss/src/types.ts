/**
 * Glossary (B sequences, T tokens; arrays are row-major, position [b, t] at b * T + t)
 * - Log-probs: natural logarithms (nats) of the probability of each token that was sampled.
 * - Old: by the weights that sampled the batch. Ref: by the frozen reference model. Sampler: as the
 *   engine that sampled reported them, which may differ from old by its kernels and precision.
 * - Mask: 1 where the model produced the token; everything else never influences a result.
 * - Ratio: w = exp(log-prob − old log-prob), per token or per sequence.
 * - Surrogate: the per-token loss before masks, KL and reduction.
 * - Correction: constant weights that multiply the surrogate. Reduction: constant weights that turn
 *   per-token losses into one number.
 */

export type Floats = Float64Array | Float32Array | readonly number[];

/** Per-token inputs of a policy loss. Only `logProbs`, `entropies` and `distributionKl` receive gradient. */
export interface LossInput {
  /** [B, T] log-probs under the current weights; the argument that receives gradient. */
  readonly logProbs: Floats;
  /** [B, T] log-probs at rollout time; default `logProbs` held constant, which makes every ratio exactly 1. */
  readonly oldLogProbs?: Floats;
  /** [B, T] log-probs under the reference model; needed where a KL term is used. */
  readonly refLogProbs?: Floats;
  /** [B, T] log-probs as the sampler reported them; NaN = it could not score the token. */
  readonly samplerLogProbs?: Floats;
  /** [B, T] entropy of the next-token distribution, in nats; receives gradient. */
  readonly entropies?: Floats;
  /** [B, T] KL of the full next-token distribution from the reference, in nats; receives gradient. */
  readonly distributionKl?: Floats;
  /** [B] one per sequence, or [B, T] one per token. */
  readonly advantages: Floats;
  /** [B, T] 1 = the model's token. */
  readonly mask: Uint8Array | Floats;
  readonly shape: readonly [sequences: number, tokens: number];
  /** [B] the group (the prompt) of each sequence; needed by parts that work within a group. */
  readonly groupIds?: readonly (string | number)[];
  /** Sizes of the whole optimizer step, so that accumulated micro-batches equal one large batch. Default: this batch. */
  readonly step?: StepSize;
}

/** What a mean over a whole optimizer step divides by. */
export interface StepSize {
  /** Unmasked tokens in all micro-batches of the step. */
  readonly tokens: number;
  /** Sequences in all micro-batches of the step. */
  readonly sequences: number;
  /** Groups in all micro-batches of the step, for means over prompts; a group stays in one micro-batch. */
  readonly groups?: number;
}

/** A loss, its gradient with respect to the current log-probs, and metrics. */
export interface LossResult {
  readonly loss: number;
  /** [B, T] d loss / d logProbs; exactly 0 where the mask is 0. */
  readonly gradLogProbs: Float64Array;
  /** [B, T] d loss / d entropies; present where the loss has an entropy term. */
  readonly gradEntropies?: Float64Array;
  /** [B, T] d loss / d distributionKl; present where the loss has a full-distribution KL term. */
  readonly gradDistributionKl?: Float64Array;
  /** Means over this batch's unmasked tokens, under TRL's names where TRL has them. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Per-token log-probs in; the loss, its gradient and metrics out. */
export interface PolicyLoss {
  (input: LossInput): LossResult;
  /** Coefficients that the loop updates once per optimizer step, and saves with a checkpoint. */
  readonly controllers?: readonly Controller[];
  /** The engine is to give `distributionKl`, which costs a pass of the reference over the vocabulary. */
  readonly needsDistributionKl?: boolean;
}

/** A coefficient that may change from step to step. */
export interface Controller {
  /** The coefficient now. */
  readonly value: number;
  /** Called once after each optimizer step with the step's means. */
  readonly update: (step: ControllerStep) => void;
  /** What a checkpoint keeps. */
  readonly save: () => Readonly<Record<string, number>>;
  /** Goes on from what `save` gave. */
  readonly load: (saved: Readonly<Record<string, number>>) => void;
}

/** What a controller sees of a finished optimizer step. */
export interface ControllerStep {
  /** Mean KL per token of the whole step, in nats. */
  readonly kl?: number;
  /** Mean entropy per token of the whole step, in nats. */
  readonly entropy?: number;
  /** Sequences in the step. */
  readonly sequences?: number;
}

/** A batch as the parts of a loss see it: checked, in float64, 0 at every masked position. */
export interface LossBatch {
  readonly shape: readonly [sequences: number, tokens: number];
  /** [B, T] 0 or 1. */
  readonly mask: Float64Array;
  /** [B] unmasked tokens of each sequence. */
  readonly lengths: Float64Array;
  /** [B, T] */
  readonly logProbs: Float64Array;
  /** [B, T] */
  readonly oldLogProbs: Float64Array;
  /** [B, T] log-prob − old log-prob. */
  readonly logRatios: Float64Array;
  /** [B, T] */
  readonly advantages: Float64Array;
  /** [B] where advantages were given per sequence; also known for sequences without unmasked tokens. */
  readonly sequenceAdvantages?: Float64Array;
  readonly refLogProbs?: Float64Array;
  /** [B, T] NaN where the sampler could not score the token. */
  readonly samplerLogProbs?: Float64Array;
  readonly entropies?: Float64Array;
  readonly distributionKl?: Float64Array;
  readonly groupIds?: readonly (string | number)[];
  readonly step: StepSize;
  /** The importance ratios at the level that the loss uses. */
  readonly ratios: Ratios;
}

/** Importance ratios, and how a gradient passes through them. */
export interface Ratios {
  /** [B, T] w; 1 at masked positions. */
  readonly values: Float64Array;
  /** True where all tokens of a sequence share one ratio. */
  readonly isPerSequence: boolean;
  /** d loss / d values [B, T] in, d loss / d logProbs [B, T] out. */
  readonly backward: (gradValues: Float64Array) => Float64Array;
}

/** At which level a ratio is taken. */
export type RatioLevel = (batch: Omit<LossBatch, 'ratios'>) => Ratios;

/** Per-token values of one part of a loss, and how a gradient passes through them. */
export interface TokenTerm {
  /** [B, T]; ignored at masked positions. */
  readonly values: Float64Array;
  /** d loss / d values [B, T] in, d loss / d logProbs [B, T] out. */
  readonly backward: (gradValues: Float64Array) => Float64Array;
  readonly metrics?: Readonly<Record<string, number>>;
}

/** The slot for the policy-gradient part: the per-token loss before masks, KL and reduction. */
export type Surrogate = (batch: LossBatch) => TokenTerm;

/** The slot for the pull to the reference: β·KL per token, coefficient included. */
export interface KlPenalty {
  (batch: LossBatch): KlTerm;
  readonly controllers?: readonly Controller[];
  readonly needsDistributionKl?: boolean;
}

/** A token term that may also send a gradient to the full-distribution KL. */
export interface KlTerm extends TokenTerm {
  /** d loss / d values [B, T] in, d loss / d distributionKl [B, T] out. */
  readonly backwardDistributionKl?: (gradValues: Float64Array) => Float64Array;
}

/** One token's KL estimate in nats, and its derivative with respect to `logProb`. */
export type KlEstimator = (
  logProb: number,
  refLogProb: number,
) => { readonly value: number; readonly derivative: number };

/** The slot for constant weights [B, T] that multiply the surrogate, never the KL. */
export type Correction = (batch: LossBatch) => {
  readonly weights: Float64Array;
  readonly metrics?: Readonly<Record<string, number>>;
};

/** The slot for the share [B, T] that each token's loss has in the total; 0 where masked. */
export type Reduction = (batch: LossBatch) => Float64Array;

/** A reward for undecided policies, subtracted from the loss. */
export interface EntropyBonus {
  (
    batch: LossBatch,
  ): {
    readonly value: number;
    /** [B, T] d value / d entropies. */
    readonly gradEntropies: Float64Array;
    readonly metrics?: Readonly<Record<string, number>>;
  };
  readonly controllers?: readonly Controller[];
}
