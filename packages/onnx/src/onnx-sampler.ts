import {
  createEngineSampler,
  type Sampler,
  type SamplerOptions,
  type WeightSource,
} from '@grpo/policy';
import { onnxEngine } from './onnx-engine.js';
import { loadRuntime } from './runtime.js';

/**
 * A sampler on ONNX Runtime that sees the current weights of a policy at every call, as the policy's own sampler
 * does. It computes in float32 on the CPU, whatever the policy computes in.
 *
 * @param policy a `LanguageModel`
 * @throws if onnxruntime-node is not installed
 */
export async function onnxSampler(
  policy: WeightSource,
  options: SamplerOptions = {},
): Promise<Sampler> {
  const runtime = await loadRuntime();
  return createEngineSampler(policy.config, onnxEngine(runtime, policy), options);
}
