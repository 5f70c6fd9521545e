import type { LazyTensor } from '@grpo/safetensors';
import { dispose, type NamedTensors, type Tensor, tensor } from '@grpo/tensor';
import type { OwnTensors } from './update-weights.js';

/** Float32 tensors, each made before the next is read. */
export function toTensors(weights: ReadonlyMap<string, LazyTensor>): OwnTensors {
  const tensors: OwnTensors = {};
  try {
    for (const [name, { shape, read }] of weights) tensors[name] = tensor(read(), [...shape]);
  } catch (error) {
    dispose(tensors);
    throw error;
  }
  return tensors;
}

/** Weights as they are written, some of them made when their turn comes. */
export function toLazy(
  weights: NamedTensors,
  changed: ReadonlyMap<string, () => Tensor> = new Map(),
): Map<string, LazyTensor> {
  const lazy = Object.entries(weights).map(([name, weight]) => {
    const read = () => {
      const compute = changed.get(name);
      if (compute === undefined) return weight.dataSync() as Float32Array;
      const made = compute();
      const values = Float32Array.from(made.dataSync());
      made.dispose();
      return values;
    };
    return [name, { shape: weight.shape, read }] as const;
  });
  return new Map(lazy);
}

/** Numbers in all tensors together. */
export function countOf(weights: NamedTensors): number {
  return Object.values(weights).reduce((sum, weight) => sum + weight.size, 0);
}
