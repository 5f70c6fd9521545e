import { groupMean } from './group-mean.js';
import { leaveOneOut } from './leave-one-out.js';
import { createRegistry } from './registry.js';
import { batchStd, groupStd, noScaling } from './standard-scaling.js';
import type { Baseline, Scaling } from './types.js';

/** Baselines by name. */
export const baselines = createRegistry<Baseline>('baseline');
baselines.register('group-mean', groupMean);
baselines.register('leave-one-out', leaveOneOut);

/** Scalings by name. */
export const scalings = createRegistry<Scaling>('scaling');
scalings.register('none', noScaling);
scalings.register('group-std', groupStd, ['epsilon', 'epsilonPlacement', 'sample']);
scalings.register('batch-std', batchStd, ['epsilon', 'epsilonPlacement', 'sample']);
