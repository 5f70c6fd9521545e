import { adaptiveEntropy } from './controllers/adaptive-entropy.js';
import { adaptiveKl } from './controllers/adaptive-kl.js';
import { fixed } from './controllers/fixed.js';
import { cosine, linear, warmUp } from './controllers/schedule.js';
import { clipCov } from './corrections/clip-cov.js';
import { icePop, importanceSampling } from './corrections/importance-sampling.js';
import { offPolicyMask } from './corrections/off-policy-mask.js';
import { topEntropy } from './corrections/top-entropy.js';
import { absolute, bounded, k1, k2, k3, straightThrough } from './kl-estimators.js';
import {
  groupRatios,
  productRatios,
  sequenceRatios,
  sequenceTokenRatios,
  tokenRatios,
} from './ratios.js';
import {
  constantLength,
  microBatchTokenMean,
  promptMean,
  sequenceMean,
  sequenceSum,
  tokenMean,
} from './reductions.js';
import { createRegistry, type Named } from './registry.js';
import type { Controller, Correction, KlEstimator, RatioLevel, Reduction } from './types.js';

/** Levels of the importance ratio by name. */
export const ratioLevels = createRegistry<RatioLevel>('ratio level');
ratioLevels.register('token', () => tokenRatios);
ratioLevels.register('sequence', () => sequenceRatios);
ratioLevels.register('sequence-token', () => sequenceTokenRatios);
ratioLevels.register('product', () => productRatios);
ratioLevels.register('group', () => groupRatios);

/** KL estimators by name; `a+b` is a in value and b in gradient. */
export const klEstimators = createRegistry<KlEstimator>('KL estimator');
klEstimators.register('k1', () => k1);
klEstimators.register('k2', () => k2);
klEstimators.register('k3', () => k3);
klEstimators.register('abs', () => absolute);
klEstimators.register('k1+k2', () => straightThrough(k1, k2));
klEstimators.register('k3+k2', () => straightThrough(k3, k2));
klEstimators.register('abs+k2', () => straightThrough(absolute, k2));
klEstimators.register<{ readonly difference?: number; readonly value?: number }>(
  'bounded-k3',
  (options) => bounded(k3, options),
  ['difference', 'value'],
);

/** Corrections by name. */
export const corrections = createRegistry<Correction>('correction');
corrections.register('importance-sampling', importanceSampling, [
  'level',
  'mode',
  'min',
  'max',
  'isWeighted',
]);
corrections.register('icepop', icePop, ['min', 'max']);
corrections.register('off-policy-mask', offPolicyMask, ['threshold']);
corrections.register('top-entropy', topEntropy, ['fraction']);
corrections.register('clip-cov', clipCov, [
  'fraction',
  'least',
  'most',
  'epsilon',
  'epsilonHigh',
  'seed',
]);

/** Reductions by name. */
export const reductions = createRegistry<Reduction>('reduction');
reductions.register('token-mean', tokenMean);
reductions.register('sequence-mean', sequenceMean);
reductions.register('constant-length', constantLength, ['length']);
reductions.register('sequence-sum', sequenceSum);
reductions.register('micro-batch-token-mean', microBatchTokenMean);
reductions.register('prompt-mean', promptMean);

/** Controllers of a coefficient by name. */
export const controllers = createRegistry<Controller>('controller');
controllers.register('fixed', fixed, ['value']);
controllers.register('linear', linear, ['from', 'to', 'steps']);
controllers.register('cosine', cosine, ['from', 'to', 'steps']);
controllers.register('warm-up', warmUp, ['to', 'steps']);
controllers.register('adaptive-kl', adaptiveKl, ['initial', 'target', 'horizon', 'min', 'max']);
controllers.register('adaptive-entropy', adaptiveEntropy, [
  'initial',
  'target',
  'delta',
  'min',
  'max',
]);

/** The controller of a coefficient that is a number, a controller or the name of one. */
export function resolveController(coefficient: number | Controller | Named): Controller {
  return typeof coefficient === 'number'
    ? fixed({ value: coefficient })
    : controllers.resolve(coefficient);
}
