export { dropout } from './dropout.js';
export { explainedVariance } from './explained-variance.js';
export { givenHiddenStates } from './given-hidden-states.js';
export { layerNorm } from './layer-norm.js';
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
