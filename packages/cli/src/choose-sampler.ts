import { onnxSampler } from '@grpo/onnx';
import type { Precision, Sampler, WeightSource } from '@grpo/policy';
import { messageOf } from './command-error.js';

/** Where answers are sampled: ONNX Runtime, the engine that trains, or the faster of them that is there. */
export type SamplerChoice = 'auto' | 'onnx' | 'engine';

/** A model that is sampled from, on either. */
export interface SampledModel {
  readonly source: WeightSource;
  readonly engine: () => Sampler;
  /** What the training engine multiplies in. */
  readonly precision: Precision;
  /** Whether it computes on a GPU. Default false. */
  readonly isOnGpu?: boolean;
}

/**
 * Opens a sampler. `auto` takes ONNX Runtime where it is installed and computes as the training engine does: on the
 * processor, in float32.
 *
 * @param open opens ONNX Runtime
 * @throws where ONNX Runtime is asked for by name and does not load
 */
export async function chooseSampler(
  choice: SamplerChoice,
  { source, engine, precision, isOnGpu = false }: SampledModel,
  open: (source: WeightSource) => Promise<Sampler> = onnxSampler,
): Promise<{ readonly name: 'onnx' | 'engine'; readonly sampler: Sampler; readonly why: string }> {
  const ofEngine = (why: string) => ({ name: 'engine' as const, sampler: engine(), why });
  if (choice === 'engine') return ofEngine('asked for');
  if (choice === 'auto' && isOnGpu) return ofEngine('the model is on a GPU');
  if (choice === 'auto' && precision !== 'float32') return ofEngine(`training is in ${precision}`);
  try {
    return { name: 'onnx', sampler: await open(source), why: 'ONNX Runtime loads' };
  } catch (error) {
    if (choice === 'onnx') throw error;
    return ofEngine(messageOf(error));
  }
}
