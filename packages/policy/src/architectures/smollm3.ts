import type { Architecture } from './architecture.js';
import { rotaryConfig } from './common.js';
import { llama } from './llama.js';
import { layerTypes, windowOf } from './windows.js';

/**
 * SmolLM3 (Hugging Face 2025, https://huggingface.co/blog/smollm3): a Llama in which every fourth layer knows no
 * positions (Yang et al. 2025, "Rope to Nope and Back Again", https://arxiv.org/abs/2501.18795).
 * `no_rope_layers` holds 1 where a layer has positions; without it, every `no_rope_layer_interval`-th has none.
 */
export const smollm3: Architecture = {
  ...llama,
  modelType: 'smollm3',

  parseConfig: (field, source) => {
    const config = rotaryConfig(field, source, {
      contextLength: 32_768,
      ropeTheta: 2_000_000,
      tiedEmbeddings: true,
    });
    const positions = turningLayers(config.layers, field.list('no_rope_layers'), source);
    const interval = field.size('no_rope_layer_interval', 4);
    const hasRope = (layer: number) => positions?.[layer] ?? (layer + 1) % interval !== 0;
    const slides =
      field.truth('use_sliding_window', false) && field.number('sliding_window') !== undefined;
    const types = layerTypes(field, source, config.layers, (layer) =>
      slides && !hasRope(layer) ? 'sliding_attention' : 'full_attention',
    );
    return {
      modelType: 'smollm3',
      ...config,
      attention: config.attention.map(({ rope, scale }, layer) => ({
        rope: hasRope(layer) ? rope : undefined,
        window: windowOf(types[layer], field),
        scale,
      })),
      attentionBias: field.truth('attention_bias', false),
      mlpBias: field.truth('mlp_bias', false),
    };
  },
};

/** Whether each layer has positions, by `no_rope_layers`; undefined where the file has none. */
function turningLayers(layers: number, listed: readonly unknown[], source: string) {
  if (listed.length === 0) return undefined;
  if (listed.length < layers || listed.some((flag) => flag !== 0 && flag !== 1)) {
    throw new Error(
      `parseModelConfig: needs ${layers} entries of 0 or 1 in "no_rope_layers", one per layer, got ${JSON.stringify(listed)} (${source}). Correct the file.`,
    );
  }
  return listed.map((flag) => flag === 1);
}
