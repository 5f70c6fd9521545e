import { createEngineSampler, type Sampler, type WeightSource } from '@grpo/policy';
import { onnxEngine } from './onnx-engine.js';
import { loadRuntime } from './runtime.js';
import type { OnnxSamplerOptions } from './types.js';

/**
 * A sampler on ONNX Runtime that sees the current weights of a policy at every call, as the policy's own sampler
 * does. It computes in float32 on the CPU, whatever the policy computes in.
 *
 * @param policy a `LanguageModel`
 * @throws if onnxruntime-node is not installed
 */
export async function onnxSampler(
  policy: WeightSource,
  { threads, ...options }: OnnxSamplerOptions = {},
): Promise<Sampler> {
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new Error(
      `onnxSampler: needs threads of at least 1, got ${threads}. Leave it out for one per core.`,
    );
  }
  const runtime = await loadRuntime(threads);
  return createEngineSampler(policy.config, onnxEngine(runtime, policy), options);
}
