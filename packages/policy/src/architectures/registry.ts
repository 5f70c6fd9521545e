import type { Architecture } from './architecture.js';
import { gemma } from './gemma.js';
import { gemma2 } from './gemma2.js';
import { gemma3 } from './gemma3.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';
import { smollm3 } from './smollm3.js';

/** Every architecture that can be read; a new one is its file and its place here. */
export const architectures: readonly Architecture[] = [
  gemma,
  gemma2,
  gemma3,
  gpt2,
  llama,
  mistral,
  qwen2,
  qwen3,
  smollm3,
];

/**
 * The architecture of a `model_type`.
 *
 * @param source named in the error
 * @throws if there is none of that name; the message lists those there are
 */
export function architectureOf(modelType: string, source: string): Architecture {
  const found = architectures.find((architecture) => architecture.modelType === modelType);
  if (found === undefined) {
    const supported = architectures.map((architecture) => architecture.modelType).join(', ');
    throw new Error(
      `parseModelConfig: needs a model_type among ${supported}, got "${modelType}" (${source}). Convert the model, or describe the architecture in a file of packages/policy/src/architectures and list it in registry.ts.`,
    );
  }
  return found;
}
