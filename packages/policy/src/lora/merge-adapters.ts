import { add, matMul, mul, type NamedTensors, type Tensor, tidy, transpose } from '@grpo/tensor';
import type { Network } from '../engine/network.js';
import { adapterNames, adapterScale, type LoraOptions, targetedModules } from './lora.js';

/**
 * A projection's weight with its adapter folded in: W + s B A, or its transpose where it lies the other way.
 *
 * @param network its weights hold the adapters
 * @returns by the weight's name, a function that makes the merged tensor, which the caller disposes of
 */
export function mergedWeights(
  { config, weights }: Network,
  lora: LoraOptions,
): Map<string, () => Tensor> {
  const scale = adapterScale(lora);
  const merged = new Map<string, () => Tensor>();
  for (const { name, stored } of targetedModules(config, lora.targetModules)) {
    const parts = adapterNames(name);
    const weightName = `${name}.weight`;
    merged.set(weightName, () =>
      tidy(() => {
        const [a, b, w] = [parts.a, parts.b, weightName].map((part) => tensorOf(weights, part));
        const change = mul(matMul(b as Tensor, a as Tensor), scale) as Tensor; // [out, in]
        return add(w as Tensor, stored === 'in-out' ? transpose(change) : change);
      }),
    );
  }
  return merged;
}

function tensorOf(weights: NamedTensors, name: string): Tensor {
  const found = weights[name];
  if (found === undefined) throw new Error(`mergedWeights: needs the weight "${name}", got none.`);
  return found;
}
