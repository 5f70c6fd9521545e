export { onnxSampler } from './onnx-sampler.js';
