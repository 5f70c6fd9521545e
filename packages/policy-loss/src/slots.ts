import type { LossParts } from './compose.js';
import { distributionKlPenalty } from './distribution-kl.js';
import { type EntropyBonusOptions, entropyBonus } from './entropy-bonus.js';
import { klPenalty } from './kl-penalty.js';
import type { Named } from './registry.js';
import type { Controller, Correction, KlEstimator, RatioLevel, Reduction } from './types.js';

/** What every named loss takes besides the options of its surrogate. */
export interface SlotOptions {
  /** One ratio per token, or per sequence as GSPO: a level or its name. */
  readonly ratio?: RatioLevel | Named;
  /** Weight β of the KL term, or a controller that changes it. Default 0: no term, no reference needed. */
  readonly beta?: number | Controller | Named;
  /** How the KL of a token is estimated; `distribution` takes it from the engine. Default k3. */
  readonly klEstimator?: KlEstimator | Named;
  /** Multiply the KL by the ratio, which makes its gradient unbiased. Default true. */
  readonly isKlImportanceWeighted?: boolean;
  /** Constant weights on the surrogate, for batches from another policy or engine. Default none. */
  readonly correction?: Correction | Named | readonly (Correction | Named)[];
  /** How token losses become one number. */
  readonly reduction?: Reduction | Named;
  /** Entropy bonus: its weight, or all its options. Default none. */
  readonly entropy?: number | EntropyBonusOptions;
}

/** The names of the slot options, for registries. */
export const slotNames = [
  'ratio',
  'beta',
  'klEstimator',
  'isKlImportanceWeighted',
  'correction',
  'reduction',
  'entropy',
] as const;

/** Makes the slots of a loss, all but the surrogate, from options. */
export function slots({
  ratio,
  beta = 0,
  klEstimator,
  isKlImportanceWeighted,
  correction,
  reduction,
  entropy,
}: SlotOptions): Omit<LossParts, 'surrogate'> {
  const weighting = { coefficient: beta, isImportanceWeighted: isKlImportanceWeighted };
  const kl =
    klEstimator === 'distribution'
      ? distributionKlPenalty(weighting)
      : klPenalty({ ...weighting, estimator: klEstimator });
  const bonus = typeof entropy === 'number' ? { coefficient: entropy } : entropy;
  return {
    ratio,
    kl: beta === 0 ? undefined : kl,
    correction,
    reduction,
    entropy: bonus && bonus.coefficient !== 0 ? entropyBonus(bonus) : undefined,
  };
}
