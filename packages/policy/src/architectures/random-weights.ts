import { keyedRandom } from '@grpo/random';
import type { LazyTensor } from '@grpo/safetensors';
import type { InitialWeight, ModelConfig } from './architecture.js';
import { architectureOf } from './registry.js';

/**
 * The weights of an untrained model, as Hugging Face starts them: matrices normal with the standard deviation that the
 * config names, norms that change nothing, biases at 0, the embedding of the padding token at 0. An architecture may
 * say otherwise.
 *
 * @param seed the same seed gives the same weights
 * @returns by name, drawn when they are read
 */
export function randomWeights(config: ModelConfig, seed: number): Map<string, LazyTensor> {
  const architecture = architectureOf(config.modelType, 'randomWeights');
  const weights = new Map<string, LazyTensor>();
  for (const [name, shape] of architecture.weightShapes(config)) {
    const read = () => {
      const size = shape.reduce((product, length) => product * length, 1);
      const random = keyedRandom(seed, 'weights', name);
      const { mean, deviation } =
        architecture.initial?.(config, name) ?? initialWeight(config, name, shape);
      const data = new Float32Array(size).fill(mean);
      if (deviation > 0) for (let i = 0; i < size; i++) data[i] += random.normal() * deviation;
      if (name === architecture.embeddingWeight) clearPadding(data, config);
      return data;
    };
    weights.set(name, { shape, read });
  }
  return weights;
}

function initialWeight(config: ModelConfig, name: string, shape: readonly number[]): InitialWeight {
  if (shape.length > 1) return { mean: 0, deviation: config.initializerRange };
  return { mean: name.endsWith('.bias') ? 0 : 1, deviation: 0 };
}

function clearPadding(data: Float32Array, { padToken, hiddenSize }: ModelConfig): void {
  if (padToken === undefined || padToken < 0) return; // −1 stands for none in some files
  data.fill(0, padToken * hiddenSize, (padToken + 1) * hiddenSize);
}
