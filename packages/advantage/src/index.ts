export { groupMean } from './group-mean.js';
export { type GroupRelativeOptions, groupRelative } from './group-relative.js';
export { leaveOneOut } from './leave-one-out.js';
export { type RewardStatistics, rewardStatistics, scoreMetrics } from './metrics.js';
export { perGroup } from './per-group.js';
export { baselines, scalings } from './registries.js';
export { createRegistry, type Factory, type Named, type Registry } from './registry.js';
export { score } from './score.js';
export {
  batchStd,
  groupStd,
  noScaling,
  type StandardScalingOptions,
} from './standard-scaling.js';
export type * from './types.js';
