import { type ClippedLossOptions, clipped, clippedLoss } from './clipped.js';
import { compose } from './compose.js';
import { type ClipCovOptions, clipCov } from './corrections/clip-cov.js';
import { type SlotOptions, slots } from './slots.js';
import { advantageClamp } from './surrogates/advantage-clamp.js';
import { type CispoOptions, cispo } from './surrogates/cispo.js';
import { type DppoOptions, dppo } from './surrogates/dppo.js';
import { type GmpoOptions, gmpo } from './surrogates/gmpo.js';
import { type KlCovOptions, klCov } from './surrogates/kl-cov.js';
import { reinforce } from './surrogates/reinforce.js';
import { type SapoOptions, sapo } from './surrogates/sapo.js';
import { type VespoOptions, vespo } from './surrogates/vespo.js';
import type { PolicyLoss } from './types.js';

// Named losses: each is one composition, and every slot can be given another part.

/** GRPO: the clipped loss, a mean over sequences of means over tokens. https://arxiv.org/abs/2402.03300 */
export function grpoLoss(options: ClippedLossOptions = {}): PolicyLoss {
  return clippedLoss({ reduction: 'sequence-mean', ...options });
}

/** BNPO as TRL has it: the clipped loss, a mean over the tokens of each micro-batch. */
export function bnpoLoss(options: ClippedLossOptions = {}): PolicyLoss {
  return clippedLoss({ reduction: 'micro-batch-token-mean', ...options });
}

/** Dr. GRPO: the clipped loss, sums over a constant length. https://arxiv.org/abs/2503.20783 */
export function drGrpoLoss({
  length,
  ...options
}: ClippedLossOptions & {
  /** The most tokens that a completion may have. */
  readonly length?: number;
} = {}): PolicyLoss {
  return clippedLoss({ reduction: { name: 'constant-length', length }, ...options });
}

/** DAPO: the clipped loss with a higher upper bound, a mean over all tokens. https://arxiv.org/abs/2503.14476 */
export function dapoLoss(options: ClippedLossOptions = {}): PolicyLoss {
  return clippedLoss({ epsilon: 0.2, epsilonHigh: 0.28, ...options });
}

/** GSPO: one ratio per sequence, with the narrow bounds of its paper. https://arxiv.org/abs/2507.18071 */
export function gspoLoss(options: ClippedLossOptions = {}): PolicyLoss {
  return grpoLoss({ ratio: 'sequence', epsilon: 3e-4, epsilonHigh: 4e-4, ...options });
}

/** GSPO-token: GSPO in value, with a gradient and an advantage per token. https://arxiv.org/abs/2507.18071 */
export function gspoTokenLoss(options: ClippedLossOptions = {}): PolicyLoss {
  return gspoLoss({ ratio: 'sequence-token', ...options });
}

/** LUSPO: GSPO summed over tokens, so that long answers do not weigh less. https://arxiv.org/abs/2602.05261 */
export function luspoLoss(options: ClippedLossOptions = {}): PolicyLoss {
  return gspoLoss({ reduction: 'sequence-sum', ...options });
}

/** GEPO: the clipped loss, ratios against the group's expectation. https://arxiv.org/abs/2508.17850 */
export function gepoLoss(options: ClippedLossOptions = {}): PolicyLoss {
  return grpoLoss({ ratio: 'group', ...options });
}

/** RLOO's policy loss: clipped ratios of whole completions. https://arxiv.org/abs/2402.14740 */
export function rlooLoss(options: ClippedLossOptions = {}): PolicyLoss {
  return grpoLoss({ ratio: 'product', ...options });
}

/** CISPO: clipped weights instead of clipped tokens. https://arxiv.org/abs/2506.13585 */
export function cispoLoss(options: CispoOptions & SlotOptions = {}): PolicyLoss {
  return compose({ surrogate: cispo(options), ...slots(options) });
}

/** SAPO: a soft gate, a mean over sequences. https://arxiv.org/abs/2511.20347 */
export function sapoLoss(options: SapoOptions & SlotOptions = {}): PolicyLoss {
  return compose({
    surrogate: sapo(options),
    ...slots({ reduction: 'sequence-mean', ...options }),
  });
}

/** VESPO: a smooth kernel of the sequence's weight; `samplerCorrection` goes inside it. https://arxiv.org/abs/2602.10693 */
export function vespoLoss(options: VespoOptions & SlotOptions = {}): PolicyLoss {
  return compose({ surrogate: vespo(options), ...slots(options) });
}

/** GMPO: the geometric mean of clipped ratios. https://arxiv.org/abs/2507.20673 */
export function gmpoLoss(options: GmpoOptions & SlotOptions = {}): PolicyLoss {
  return compose({
    surrogate: gmpo(options),
    ...slots({ reduction: 'sequence-mean', ...options }),
  });
}

/** DPPO: bounds on the probability, not on the ratio. https://arxiv.org/abs/2602.04879 */
export function dppoLoss(options: DppoOptions & SlotOptions = {}): PolicyLoss {
  return compose({ surrogate: dppo(options), ...slots(options) });
}

/** Clip-Cov: the clipped loss without a few tokens of high covariance. https://arxiv.org/abs/2505.22617 */
export function clipCovLoss({
  clipCov: covariance = {},
  correction = [],
  ...options
}: ClippedLossOptions & {
  /** Which tokens are dropped. */
  readonly clipCov?: ClipCovOptions;
} = {}): PolicyLoss {
  const given = Array.isArray(correction) ? correction : [correction];
  const { epsilon = 0.2, epsilonHigh = epsilon } = options;
  const dropped = clipCov({ epsilon, epsilonHigh, ...covariance });
  return compose({
    surrogate: clipped(options),
    ...slots({ ...options, correction: [dropped, ...given] }),
  });
}

/** KL-Cov: importance-weighted, with a few tokens of high covariance held back. https://arxiv.org/abs/2505.22617 */
export function klCovLoss(options: KlCovOptions & SlotOptions = {}): PolicyLoss {
  return compose({ surrogate: klCov(options), ...slots(options) });
}

/** REINFORCE: the policy gradient itself, for batches of the current weights. */
export function reinforceLoss(options: SlotOptions = {}): PolicyLoss {
  return compose({ surrogate: reinforce(), ...slots(options) });
}

/** A clamp of the advantage, for comparison only: see `advantageClamp`. */
export function advantageClampLoss(
  options: SlotOptions & { readonly epsilon?: number } = {},
): PolicyLoss {
  return compose({ surrogate: advantageClamp(options), ...slots(options) });
}
