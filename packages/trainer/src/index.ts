export { stepSize, type TrainBatch, toBatches } from './batch.js';
export {
  type Checkpoint,
  latestCheckpoint,
  restoreWeights,
  saveCheckpoint,
  type WeightedParts,
} from './checkpoint.js';
export { DEFAULTS, resolveConfig } from './config.js';
export { environmentReward } from './environment-reward.js';
export { type Evaluation, evaluate } from './evaluate.js';
export { type Failure, RunStopped } from './failures.js';
export { type GaeEstimatorOptions, gaeEstimator } from './gae-estimator.js';
export { gatherRequests } from './gather-requests.js';
export { appendMetrics, readMetrics } from './metrics-file.js';
export { type ProgressStream, progressBar } from './progress.js';
export { resolveParts, tokenEstimators } from './resolve-parts.js';
export { type RolloutOptions, rollOut } from './rollout.js';
export { learningRateAt, type Schedule } from './schedule.js';
export { trainStep } from './step.js';
export { type SupervisedConfig, type SupervisedExample, trainSupervised } from './supervised.js';
export { type TrainOptions, train } from './train.js';
export type * from './types.js';
