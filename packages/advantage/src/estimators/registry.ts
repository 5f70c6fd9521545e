import { type GroupRelativeOptions, groupRelative } from '../group-relative.js';
import { createRegistry, type Named } from '../registry.js';
import type { StandardScalingOptions } from '../scalings.js';
import type { AdvantageEstimator } from '../types.js';
import { bestOfGroup } from './best-of-group.js';
import { clipAdvantages } from './clip-advantages.js';
import { gdpo } from './gdpo.js';
import { gpg } from './gpg.js';
import { passAtK } from './pass-at-k.js';
import {
  drGrpo,
  grpo,
  litePpo,
  maxRl,
  opo,
  reinforce,
  reinforcePlusPlus,
  reinforcePlusPlusBaseline,
  reMax,
  rloo,
} from './recipes.js';
import { whiten } from './whiten.js';

const deviation = ['epsilon', 'epsilonPlacement', 'sample'] as const;

/** Advantage estimators by name. */
export const estimators = createRegistry<AdvantageEstimator>('advantage estimator');
estimators.register<GroupRelativeOptions>('group-relative', groupRelative, [
  'baseline',
  'scaling',
  'scoreRange',
]);
estimators.register('grpo', grpo, deviation);
estimators.register('dr-grpo', drGrpo);
estimators.register('lite-ppo', litePpo, deviation);
estimators.register('rloo', rloo, ['isNormalized', 'scoreRange']);
estimators.register('reinforce++', reinforcePlusPlus, deviation);
estimators.register('reinforce++-baseline', reinforcePlusPlusBaseline, deviation);
estimators.register('remax', reMax);
estimators.register('opo', opo);
estimators.register('maxrl', maxRl);
estimators.register('reinforce', reinforce);
estimators.register('gdpo', gdpo, deviation);
estimators.register('gpg', gpg, ['count']);
estimators.register('pass-at-k', passAtK, ['k', 'threshold']);
estimators.register('best-of-group', bestOfGroup, ['isNormalized', ...deviation]);

/** What a wrapper is put around: an estimator or its name; default GRPO. */
interface Wrapped {
  readonly estimator?: AdvantageEstimator | Named;
}
estimators.register(
  'whiten',
  ({ estimator = 'grpo', ...options }: Wrapped & StandardScalingOptions = {}) =>
    whiten(estimators.resolve(estimator), options),
  ['estimator', ...deviation],
);
estimators.register(
  'clip-advantages',
  ({ estimator = 'grpo', ...options }: Wrapped & { readonly limit?: number } = {}) =>
    clipAdvantages(estimators.resolve(estimator), options),
  ['estimator', 'limit'],
);
