import { absolute, k1, k2, k3, straightThrough } from './kl-estimators.js';
import { productRatios, sequenceRatios, sequenceTokenRatios, tokenRatios } from './ratios.js';
import {
  constantLength,
  microBatchTokenMean,
  promptMean,
  sequenceMean,
  sequenceSum,
  tokenMean,
} from './reductions.js';
import { createRegistry } from './registry.js';
import type { Correction, KlEstimator, RatioLevel, Reduction } from './types.js';

/** Levels of the importance ratio by name. */
export const ratioLevels = createRegistry<RatioLevel>('ratio level');
ratioLevels.register('token', () => tokenRatios);
ratioLevels.register('sequence', () => sequenceRatios);
ratioLevels.register('sequence-token', () => sequenceTokenRatios);
ratioLevels.register('product', () => productRatios);

/** KL estimators by name; `a+b` is a in value and b in gradient. */
export const klEstimators = createRegistry<KlEstimator>('KL estimator');
klEstimators.register('k1', () => k1);
klEstimators.register('k2', () => k2);
klEstimators.register('k3', () => k3);
klEstimators.register('abs', () => absolute);
klEstimators.register('k1+k2', () => straightThrough(k1, k2));
klEstimators.register('k3+k2', () => straightThrough(k3, k2));

/** Corrections by name. */
export const corrections = createRegistry<Correction>('correction');

/** Reductions by name. */
export const reductions = createRegistry<Reduction>('reduction');
reductions.register('token-mean', tokenMean);
reductions.register('sequence-mean', sequenceMean);
reductions.register('constant-length', constantLength, ['length']);
reductions.register('sequence-sum', sequenceSum);
reductions.register('micro-batch-token-mean', microBatchTokenMean);
reductions.register('prompt-mean', promptMean);
