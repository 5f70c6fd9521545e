export { CHECKPOINT_FILE } from './checkpoint-file.js';
export { connectTinker } from './client.js';
export { type FindReductionOptions, findReduction } from './find-reduction.js';
export { tinkerPolicy } from './policy.js';
export { type TinkerReferenceOptions, tinkerReference } from './reference.js';
export { type TinkerSamplerOptions, tinkerSampler } from './sampler.js';
export { type GradientRow, surrogateData } from './surrogate.js';
export { TinkerError, type TinkerErrorKind } from './transport/tinker-error.js';
export type * from './types.js';
