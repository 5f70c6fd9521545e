export { onnxSampler } from './onnx-sampler.js';
export type { OnnxSamplerOptions } from './types.js';
