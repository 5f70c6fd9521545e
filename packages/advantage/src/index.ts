export { globalMean } from './baselines/global-mean.js';
export { greedyRollout } from './baselines/greedy-rollout.js';
export { groupMean } from './baselines/group-mean.js';
export { groupMedian } from './baselines/group-median.js';
export { learned } from './baselines/learned.js';
export { leaveOneOut } from './baselines/leave-one-out.js';
export { lengthWeighted, optimalBaseline } from './baselines/length-weighted.js';
export { movingAverage } from './baselines/moving-average.js';
export { noBaseline } from './baselines/no-baseline.js';
export { perGroup } from './baselines/per-group.js';
export { type BestOfGroupOptions, bestOfGroup } from './estimators/best-of-group.js';
export { clipAdvantages } from './estimators/clip-advantages.js';
export { gdpo } from './estimators/gdpo.js';
export { type GpgOptions, gpg } from './estimators/gpg.js';
export { passAtK } from './estimators/pass-at-k.js';
export {
  drGrpo,
  grpo,
  litePpo,
  maxRl,
  opo,
  type RlooOptions,
  reinforce,
  reinforcePlusPlus,
  reinforcePlusPlusBaseline,
  reMax,
  rloo,
} from './estimators/recipes.js';
export { estimators } from './estimators/registry.js';
export { whiten } from './estimators/whiten.js';
export {
  accuracyBand,
  type FilteredGroups,
  filterGroups,
  type GroupFilter,
  groupFilters,
  varyingScores,
} from './filters.js';
export { type GroupRelativeOptions, groupRelative } from './group-relative.js';
export { type RewardStatistics, rewardStatistics, scoreMetrics } from './metrics.js';
export { baselines, scalings } from './registries.js';
export { createRegistry, type Factory, type Named, type Registry } from './registry.js';
export {
  batchStd,
  differenceStd,
  groupMeanScale,
  groupStd,
  noScaling,
  type StandardScalingOptions,
} from './scalings.js';
export { type ScoreOptions, score } from './score.js';
export {
  discountedReturns,
  type GaeInput,
  type GaeOptions,
  gae,
  type TokenAdvantages,
} from './tokens/gae.js';
export { lengthAdaptiveLambda } from './tokens/length-adaptive-lambda.js';
export { type OptimalTokenInput, optimalTokenBaseline } from './tokens/optimal-token-baseline.js';
export type { Floats, TokenLayout } from './tokens/token-batch.js';
export { tokenRewards } from './tokens/token-rewards.js';
export {
  type TurnAdvantageOptions,
  turnAdvantages,
  turnReturns,
  turnsToTokens,
} from './tokens/turn-advantages.js';
export { whitenTokens } from './tokens/whiten-tokens.js';
export type * from './types.js';
