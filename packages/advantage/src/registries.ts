import { globalMean } from './baselines/global-mean.js';
import { greedyRollout } from './baselines/greedy-rollout.js';
import { groupMean } from './baselines/group-mean.js';
import { groupMedian } from './baselines/group-median.js';
import { learned } from './baselines/learned.js';
import { leaveOneOut } from './baselines/leave-one-out.js';
import { lengthWeighted, optimalBaseline } from './baselines/length-weighted.js';
import { movingAverage } from './baselines/moving-average.js';
import { noBaseline } from './baselines/no-baseline.js';
import { createRegistry } from './registry.js';
import { batchStd, differenceStd, groupMeanScale, groupStd, noScaling } from './scalings.js';
import type { Baseline, Scaling } from './types.js';

/** Baselines by name. */
export const baselines = createRegistry<Baseline>('baseline');
baselines.register('none', noBaseline);
baselines.register('group-mean', groupMean);
baselines.register('group-median', groupMedian);
baselines.register('global-mean', globalMean);
baselines.register('leave-one-out', leaveOneOut);
baselines.register('moving-average', movingAverage, ['decay']);
baselines.register('greedy-rollout', greedyRollout);
baselines.register('length-weighted', lengthWeighted);
baselines.register('optimal', optimalBaseline);
baselines.register('learned', learned);

/** Scalings by name. */
export const scalings = createRegistry<Scaling>('scaling');
scalings.register('none', noScaling);
scalings.register('group-std', groupStd, ['epsilon', 'epsilonPlacement', 'sample']);
scalings.register('batch-std', batchStd, ['epsilon', 'epsilonPlacement', 'sample']);
scalings.register('difference-std', differenceStd, ['epsilon', 'epsilonPlacement', 'sample']);
scalings.register('group-mean', groupMeanScale);
