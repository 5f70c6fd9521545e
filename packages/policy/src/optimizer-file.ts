import { existsSync } from 'node:fs';
import { type LazyTensor, openSafetensors, writeSafetensors } from '@grpo/safetensors';
import { type AdamWState, type NamedTensors, type Tensor, tensor } from '@grpo/tensor';

/** Writes AdamW's moments and step count as a safetensors file. */
export async function writeOptimizer(path: string, state: AdamWState): Promise<void> {
  const tensors = new Map<string, LazyTensor>();
  for (const moment of ['first', 'second'] as const) {
    for (const [name, values] of Object.entries(state[moment])) {
      const read = () => values.dataSync() as Float32Array;
      tensors.set(`${moment}.${name}`, { shape: values.shape, read });
    }
  }
  await writeSafetensors(path, tensors, { step: String(state.step) });
}

/**
 * Reads what `writeOptimizer` wrote.
 *
 * @param weights the parameters that the moments belong to
 * @returns undefined where there is no such file
 * @throws if a moment is missing or has another shape than its weight
 */
export function readOptimizer(path: string, weights: NamedTensors): AdamWState | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSafetensors(path);
  try {
    const names = (moment: string) => Object.keys(weights).map((name) => `${moment}.${name}`);
    const shapes = Object.values(weights).map(({ shape }) => shape.join(', '));
    for (const [i, name] of [...names('first'), ...names('second')].entries()) {
      const stored = file.entries.get(name);
      const shape = shapes[i % shapes.length];
      if (stored?.shape.join(', ') === shape) continue;
      throw new Error(
        `readOptimizer: needs "${name}" with shape [${shape}], got ${stored ? `[${stored.shape.join(', ')}]` : 'none'} in ${path}. The state belongs to another model: remove the file to start the optimizer afresh.`,
      );
    }
    const moments = (moment: string): Record<string, Tensor> =>
      Object.fromEntries(
        Object.entries(weights).map(([name, { shape }]) => {
          return [name, tensor(file.read(`${moment}.${name}`).data, [...shape])];
        }),
      );
    return {
      step: Number(file.metadata.step),
      first: moments('first'),
      second: moments('second'),
    };
  } finally {
    file.close();
  }
}
