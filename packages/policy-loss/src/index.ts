export { type ClippedLossOptions, type ClippedOptions, clipped, clippedLoss } from './clipped.js';
export { compose, type LossParts } from './compose.js';
export { absolute, bounded, k1, k2, k3, straightThrough } from './kl-estimators.js';
export { type KlPenaltyOptions, klPenalty } from './kl-penalty.js';
export { productRatios, sequenceRatios, sequenceTokenRatios, tokenRatios } from './ratios.js';
export {
  constantLength,
  microBatchTokenMean,
  promptMean,
  sequenceMean,
  sequenceSum,
  tokenMean,
} from './reductions.js';
export { corrections, klEstimators, ratioLevels, reductions } from './registries.js';
export { createRegistry, type Factory, type Named, type Registry } from './registry.js';
export { perToken, type TokenLoss } from './token-term.js';
export type * from './types.js';
