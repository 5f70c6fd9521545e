export { type Alarm, type AlarmLimits, type AlarmName, alarmsOf } from './alarms.js';
export { stepSize, type TrainBatch, toBatches } from './batch.js';
export { type Best, type BestOptions, bestStep } from './best-step.js';
export type { Callback, Run } from './callback.js';
export {
  type Checkpoint,
  latestCheckpoint,
  restoreWeights,
  saveCheckpoint,
  type WeightedParts,
} from './checkpoint.js';
export { DEFAULTS, type GivenConfig, resolveConfig } from './config.js';
export { CONFIG_FIELDS, type ConfigField } from './config-fields.js';
export { configFromFile, configFromFlags } from './config-overrides.js';
export { environmentReward } from './environment-reward.js';
export type { EpisodeLine } from './episode-lines.js';
export {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationConfig,
  evaluate,
} from './evaluate.js';
export type { EventLevel, RunEvent, RunEventName } from './events.js';
export { RunStopped } from './failures.js';
export { type GaeEstimatorOptions, gaeEstimator } from './gae-estimator.js';
export { gatherRequests } from './gather-requests.js';
export { appendJsonLines, type JsonLine, readJsonLines } from './json-lines.js';
export { appendMetrics, readMetrics } from './metrics-file.js';
export { passAtK } from './pass-at-k.js';
export { type Preset, type PresetName, presetNamed, presets } from './presets.js';
export { type ProgressStream, progressBar } from './progress.js';
export { resolveParts, tokenEstimators } from './resolve-parts.js';
export { rollOut } from './rollout.js';
export type { RunDescription } from './run-description.js';
export { type RunFiles, runFiles } from './run-files.js';
export { isRunHeld } from './run-lock.js';
export { learningRateAt, type Schedule } from './schedule.js';
export { type MetricsServer, prometheusText, serveMetrics } from './serve-metrics.js';
export { type StepHooks, type StepResult, type StepStart, trainStep } from './step.js';
export { type SupervisedConfig, type SupervisedExample, trainSupervised } from './supervised.js';
export { type TrainOptions, train } from './train.js';
export { Trainer } from './trainer.js';
export type { TrainerOptions } from './trainer-options.js';
export type * from './types.js';
