export { type ChooseSamplerOptions, chooseSampler, type SamplerChoice } from './choose-sampler.js';
export { onnxSampler } from './onnx-sampler.js';
export type { OnnxSamplerOptions } from './types.js';
