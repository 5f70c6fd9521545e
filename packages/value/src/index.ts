export { dropout } from './dropout.js';
export { explainedVariance } from './explained-variance.js';
export {
  type GaeAdvantages,
  type GaeAdvantagesOptions,
  type GaeStates,
  gaeAdvantages,
} from './gae-advantages.js';
export { givenHiddenStates } from './given-hidden-states.js';
export { layerNorm } from './layer-norm.js';
export { type LearnedBaselineAdvantages, learnedBaselineAdvantages } from './learned-baseline.js';
export type * from './types.js';
export {
  type ApplyValueHeadOptions,
  applyValueHead,
  type HeadDropout,
  headDropout,
  initValueHead,
} from './value-head.js';
export { type ValueLoss, type ValueLossOptions, valueLoss } from './value-loss.js';
export { ValueModel, type ValueModelOptions } from './value-model.js';
