import { maskedMean } from './numbers.js';
import { prepare } from './prepare.js';
import { corrections, ratioLevels, reductions } from './registries.js';
import type { Named } from './registry.js';
import type {
  Correction,
  EntropyBonus,
  KlPenalty,
  LossBatch,
  LossInput,
  LossResult,
  PolicyLoss,
  RatioLevel,
  Reduction,
  Surrogate,
} from './types.js';

/** The slots of a policy loss; each is replaced without touching the others. */
export interface LossParts {
  /** The policy-gradient part. */
  readonly surrogate: Surrogate;
  /** The pull to the reference; default none. */
  readonly kl?: KlPenalty | undefined;
  /** Constant weights on the surrogate; several multiply. Default none. */
  readonly correction?: Correction | Named | readonly (Correction | Named)[] | undefined;
  /** How token losses become one number; default the mean over all tokens of the step. */
  readonly reduction?: Reduction | Named | undefined;
  /** At which level the importance ratio is taken; default per token. */
  readonly ratio?: RatioLevel | Named | undefined;
  /** A reward for undecided policies; default none. */
  readonly entropy?: EntropyBonus | undefined;
}

/**
 * Builds a policy loss from its slots:
 *
 *     L = Σₜ cₜ·(κₜ·ℓₜ + β·kₜ) − η·H
 *
 * ℓ surrogate, k KL, κ correction, c reduction, H entropy. κ and c are constants; the gradient with
 * respect to the log-probs passes through ℓ and k, and is analytic.
 *
 * KL is added after the correction, as TRL does: a token whose surrogate is dropped is still pulled
 * to the reference. Metrics of the parts are merged; `entropy` is the mean per unmasked token, and
 * `ratio/{mean,min,max}` describe w over unmasked tokens.
 *
 * @example
 * const loss = compose({ surrogate: clipped(), reduction: 'sequence-mean' });
 */
export function compose({
  surrogate,
  kl,
  correction = [],
  reduction = 'token-mean',
  ratio = 'token',
  entropy,
}: LossParts): PolicyLoss {
  const level = ratioLevels.resolve(ratio);
  const reduce = reductions.resolve(reduction);
  const correct = product(asArray(correction).map((part) => corrections.resolve(part)));
  const controllers = [...(kl?.controllers ?? []), ...(entropy?.controllers ?? [])];

  const loss = (input: LossInput): LossResult => {
    const batch = prepare(input, level);
    const c = reduce(batch); // [B, T]
    const kappa = correct(batch); // [B, T]
    const cKappa = c.map((share, i) => share * kappa.weights[i]); // [B, T]
    const l = surrogate(batch); // [B, T]
    const k = kl?.(batch); // [B, T]
    const bonus = entropy?.(batch);

    const policyLoss = weightedSum(l.values, cKappa) + (k ? weightedSum(k.values, c) : 0);
    const gradients = [l.backward(cKappa), ...(k ? [k.backward(c)] : [])]; // [B, T] each
    return {
      loss: policyLoss - (bonus?.value ?? 0),
      gradLogProbs: unmaskedSum(gradients, batch.mask),
      ...(bonus && { gradEntropies: bonus.gradEntropies.map((g) => -g) }),
      ...(k?.backwardDistributionKl && { gradDistributionKl: k.backwardDistributionKl(c) }),
      metrics: {
        ...ratioMetrics(batch),
        ...l.metrics,
        ...k?.metrics,
        ...kappa.metrics,
        ...(batch.entropies && { entropy: maskedMean(batch.entropies, batch.mask) }),
        ...(bonus && { policy_loss: policyLoss, ...bonus.metrics }),
      },
    };
  };
  return Object.assign(loss, {
    ...(controllers.length > 0 && { controllers }),
    ...(kl?.needsDistributionKl && { needsDistributionKl: true }),
  });
}

/** `Σ wᵢ vᵢ` over the weights that are not 0, so that a value nobody wants cannot spoil the sum. */
function weightedSum(values: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) if (weights[i] !== 0) sum += weights[i] * values[i];
  return sum;
}

/** Sums gradients [B, T] at unmasked positions; exactly 0 elsewhere. */
function unmaskedSum(gradients: readonly Float64Array[], mask: Float64Array): Float64Array {
  return mask.map((m, i) => (m === 1 ? gradients.reduce((sum, grad) => sum + grad[i], 0) : 0));
}

/** Several corrections as one: their weights multiply. */
export function product(parts: readonly Correction[]): Correction {
  return (batch) => {
    const results = parts.map((part) => part(batch));
    return {
      weights: batch.mask.map((m, i) => results.reduce((w, part) => w * part.weights[i], m)), // [B, T]
      metrics: Object.assign({}, ...results.map((part) => part.metrics)),
    };
  };
}

function ratioMetrics({ ratios, mask }: LossBatch): Record<string, number> {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    min = Math.min(min, ratios.values[i]);
    max = Math.max(max, ratios.values[i]);
  }
  if (min > max) return {};
  return { 'ratio/mean': maskedMean(ratios.values, mask), 'ratio/min': min, 'ratio/max': max };
}

function asArray<Part>(parts: Part | readonly Part[]): readonly Part[] {
  return Array.isArray(parts) ? parts : [parts as Part];
}
