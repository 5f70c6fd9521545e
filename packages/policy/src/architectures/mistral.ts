import type { Architecture } from './architecture.js';
import { rotaryConfig } from './common.js';
import { llama } from './llama.js';
import { windowIsSet, windowOf } from './windows.js';

/**
 * Mistral (Jiang et al. 2023, section 2, https://arxiv.org/abs/2310.06825): a Llama without biases whose layers all
 * see a window of the last `sliding_window` tokens.
 */
export const mistral: Architecture = {
  ...llama,
  modelType: 'mistral',

  parseConfig: (field, source) => {
    field.refuse('layer_types', 'all layers of a Mistral are alike: "ministral" alternates them');
    const config = rotaryConfig(field, source, { contextLength: 131_072 });
    const type = windowIsSet(field) ? 'sliding_attention' : 'full_attention';
    const window = windowOf(type, field, 4096);
    return {
      modelType: 'mistral',
      ...config,
      attention: config.attention.map((view) => ({ ...view, window })),
      attentionBias: false,
      mlpBias: false,
    };
  },
};
