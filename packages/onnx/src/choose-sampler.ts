import type { Precision, Sampler, WeightSource } from '@grpo/policy';
import { onnxSampler } from './onnx-sampler.js';

/** Where answers are sampled: on ONNX Runtime, on the engine that trains, or on the faster of them that is there. */
export type SamplerChoice = 'auto' | 'onnx' | 'engine';

export interface ChooseSamplerOptions {
  /** Default auto. */
  readonly choice?: SamplerChoice | undefined;
  /** What the policy multiplies in. Default float32. */
  readonly precision?: Precision | undefined;
  /** Whether the policy computes on a GPU. Default false. */
  readonly isOnGpu?: boolean;
}

/**
 * Opens a sampler for a policy. `auto` takes ONNX Runtime where it is installed and computes as the policy does, on the
 * processor and in float32; but not where the policy trains on the simd backend, whose own sampler is faster.
 *
 * @param open opens ONNX Runtime
 * @returns the sampler, which one it is, and why
 * @throws where ONNX Runtime is asked for by name and does not load
 */
export async function chooseSampler(
  policy: WeightSource & { sampler(): Sampler },
  { choice = 'auto', precision = 'float32', isOnGpu = false }: ChooseSamplerOptions = {},
  open: (source: WeightSource) => Promise<Sampler> = onnxSampler,
): Promise<{ readonly name: 'onnx' | 'engine'; readonly sampler: Sampler; readonly why: string }> {
  const ofEngine = (why: string) => ({ name: 'engine' as const, sampler: policy.sampler(), why });
  if (choice === 'engine') return ofEngine('asked for');
  if (choice === 'auto' && policy.hasFastSampler)
    return ofEngine('the simd backend samples faster');
  if (choice === 'auto' && isOnGpu) return ofEngine('the policy is on a GPU');
  if (choice === 'auto' && precision !== 'float32')
    return ofEngine(`the policy is in ${precision}`);
  try {
    return { name: 'onnx', sampler: await open(policy), why: 'ONNX Runtime loads' };
  } catch (error) {
    if (choice === 'onnx') throw error;
    return ofEngine(error instanceof Error ? error.message : String(error));
  }
}
