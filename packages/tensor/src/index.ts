export { type AdamWOptions, type AdamWState, adamWInit, adamWStep } from './adamw.js';
export { type AttentionOptions, attention } from './attention.js';
export { availableBackends, initBackend } from './backend.js';
export { matMulBfloat16, requireBfloat16 } from './bfloat16.js';
export { checkpoint } from './checkpoint.js';
export { dropout } from './dropout.js';
export { gatherRows } from './gather-rows.js';
export { gelu, geluTanh } from './gelu.js';
export { globalNorm, valueAndGradients } from './gradients.js';
export { hostLoss } from './host-loss.js';
export { knownGatedLinear } from './known-gated-linear.js';
export { type KnownLinear, knownLinear } from './known-linear.js';
export { layerNorm } from './layer-norm.js';
export { countTensors, dispose, keep, tidy } from './memory.js';
export * from './ops.js';
export {
  type LionOptions,
  type OptimizerChoice,
  type OptimizerName,
  type OptimizerState,
  optimizerInit,
  optimizerStep,
  type SgdOptions,
} from './optimizers.js';
export { pickLogProbs } from './pick-log-probs.js';
export { randomNormal } from './random-normal.js';
export { rmsNorm } from './rms-norm.js';
export { rotary, rotaryFrequencies, rotaryTables } from './rotary.js';
export { segmentAttention } from './segment-attention.js';
export type { SegmentAttentionOptions, Segments } from './simd/attention-kernels.js';
export type { KnownAttention } from './simd/fused-attention.js';
export type { KeptLinear } from './simd/fused-gated.js';
export { hostArray, hostTensor, simdKernels } from './simd/host-arrays.js';
export type { Kernels } from './simd/kernels.js';
export { newArray } from './simd/new-array.js';
export { softCap } from './soft-cap.js';
export { stopGradient } from './stop-gradient.js';
export { swiGlu } from './swiglu.js';
export {
  CHUNK_BYTES,
  type Product,
  type ReferenceOutput,
  type TokenStatisticsOptions,
  tokenStatistics,
} from './token-statistics.js';
export type { BackendInfo, BackendName, HostLoss, NamedTensors, Tensor } from './types.js';
