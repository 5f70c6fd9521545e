export { type ClippedLossOptions, type ClippedOptions, clipped, clippedLoss } from './clipped.js';
export { compose, type LossParts } from './compose.js';
export { type AdaptiveEntropyOptions, adaptiveEntropy } from './controllers/adaptive-entropy.js';
export { type AdaptiveKlOptions, adaptiveKl } from './controllers/adaptive-kl.js';
export { fixed } from './controllers/fixed.js';
export { cosine, linear, type ScheduleOptions, warmUp } from './controllers/schedule.js';
export { type ClipCovOptions, clipCov } from './corrections/clip-cov.js';
export {
  type ImportanceSamplingOptions,
  icePop,
  importanceSampling,
} from './corrections/importance-sampling.js';
export { type OffPolicyMaskOptions, offPolicyMask } from './corrections/off-policy-mask.js';
export { type TopEntropyOptions, topEntropy } from './corrections/top-entropy.js';
export { type DistributionKlOptions, distributionKlPenalty } from './distribution-kl.js';
export { type EntropyBonusOptions, entropyBonus } from './entropy-bonus.js';
export { absolute, bounded, k1, k2, k3, straightThrough } from './kl-estimators.js';
export { type KlPenaltyOptions, klPenalty } from './kl-penalty.js';
export {
  advantageClampLoss,
  bnpoLoss,
  cispoLoss,
  clipCovLoss,
  dapoLoss,
  dppoLoss,
  drGrpoLoss,
  gepoLoss,
  gmpoLoss,
  grpoLoss,
  gspoLoss,
  gspoTokenLoss,
  klCovLoss,
  luspoLoss,
  reinforceLoss,
  rlooLoss,
  sapoLoss,
  vespoLoss,
} from './losses.js';
export { policyLosses } from './losses-registry.js';
export { maskTruncated } from './mask-truncated.js';
export {
  groupRatios,
  productRatios,
  sequenceRatios,
  sequenceTokenRatios,
  tokenRatios,
} from './ratios.js';
export {
  constantLength,
  microBatchTokenMean,
  promptMean,
  sequenceMean,
  sequenceSum,
  tokenMean,
} from './reductions.js';
export { controllers, corrections, klEstimators, ratioLevels, reductions } from './registries.js';
export { createRegistry, type Factory, type Named, type Registry } from './registry.js';
export { type RewardKl, type RewardKlInput, rewardKl } from './reward-kl.js';
export type { SlotOptions } from './slots.js';
export { advantageClamp } from './surrogates/advantage-clamp.js';
export { type CispoOptions, cispo } from './surrogates/cispo.js';
export { type DppoOptions, dppo } from './surrogates/dppo.js';
export { type GmpoOptions, gmpo } from './surrogates/gmpo.js';
export { type KlCovOptions, klCov } from './surrogates/kl-cov.js';
export { reinforce } from './surrogates/reinforce.js';
export { type SapoOptions, sapo } from './surrogates/sapo.js';
export { type VespoOptions, vespo } from './surrogates/vespo.js';
export { perToken, type TokenLoss } from './token-term.js';
export { type TrlConfig, trlLoss } from './trl.js';
export type * from './types.js';
