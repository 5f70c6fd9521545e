export { dropout } from './dropout.js';
export { layerNorm } from './layer-norm.js';
export type * from './types.js';
export {
  type ApplyValueHeadOptions,
  applyValueHead,
  type DropoutKey,
  initValueHead,
} from './value-head.js';
