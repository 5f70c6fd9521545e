import { existsSync } from 'node:fs';
import { type LazyTensor, openSafetensors, writeSafetensors } from '@grpo/safetensors';
import {
  type NamedTensors,
  type OptimizerName,
  type OptimizerState,
  type Tensor,
  tensor,
} from '@grpo/tensor';

/** An optimizer between two steps. */
export interface SavedOptimizer {
  readonly name: OptimizerName;
  readonly state: OptimizerState;
}

/** Writes an optimizer's moments, name and step count as a safetensors file. */
export async function writeOptimizer(
  path: string,
  { name: optimizer, state }: SavedOptimizer,
): Promise<void> {
  const tensors = new Map<string, LazyTensor>();
  for (const moment of ['first', 'second'] as const) {
    for (const [name, values] of Object.entries(state[moment])) {
      const read = () => values.dataSync() as Float32Array;
      tensors.set(`${moment}.${name}`, { shape: values.shape, read });
    }
  }
  await writeSafetensors(path, tensors, { step: String(state.step), optimizer });
}

/**
 * Reads what `writeOptimizer` wrote.
 *
 * @param weights the parameters that the moments belong to
 * @returns undefined where there is no such file
 * @throws if a moment is missing or has another shape than its weight
 */
export function readOptimizer(path: string, weights: NamedTensors): SavedOptimizer | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSafetensors(path);
  try {
    const name = (file.metadata.optimizer ?? 'adamw') as OptimizerName;
    const held =
      name === 'sgd' || name === 'lion' ? (['first'] as const) : (['first', 'second'] as const);
    const names = (moment: string) => Object.keys(weights).map((name) => `${moment}.${name}`);
    const shapes = Object.values(weights).map(({ shape }) => shape.join(', '));
    for (const [i, entry] of held.flatMap(names).entries()) {
      const stored = file.entries.get(entry);
      const shape = shapes[i % shapes.length];
      if (stored?.shape.join(', ') === shape) continue;
      throw new Error(
        `readOptimizer: needs "${entry}" with shape [${shape}], got ${stored ? `[${stored.shape.join(', ')}]` : 'none'} in ${path}. The state belongs to another model: remove the file to start the optimizer afresh.`,
      );
    }
    const moments = (moment: string): Record<string, Tensor> =>
      Object.fromEntries(
        Object.entries(weights).map(([weight, { shape }]) => {
          return [weight, tensor(file.read(`${moment}.${weight}`).data, [...shape])];
        }),
      );
    const second = held.length === 2 ? moments('second') : {};
    return { name, state: { step: Number(file.metadata.step), first: moments('first'), second } };
  } finally {
    file.close();
  }
}
