import type { Architecture } from './architecture.js';
import { atMost, MOST_LAYERS } from './common.js';

const NAMES = {
  gelu_new: 'geluTanh',
  gelu_pytorch_tanh: 'geluTanh',
  gelu: 'gelu',
} as const;

/**
 * GPT-2 (Radford et al. 2019, section 2.3,
 * https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf):
 * learned positions, layer norms with biases, one projection for queries, keys and values, and weights that lie
 * as [in, out] in the file.
 */
export const gpt2: Architecture = {
  modelType: 'gpt2',
  prefix: 'transformer.',
  embeddingWeight: 'transformer.wte.weight',

  /** Projections that end on the residual path start smaller, the more of them there are. */
  initial: ({ initializerRange, layers }, name) =>
    name.endsWith('c_proj.weight')
      ? { mean: 0, deviation: initializerRange / Math.sqrt(2 * layers) }
      : undefined,

  parseConfig: (field, source) => {
    field.refuse('add_cross_attention', 'a policy reads one sequence');
    const hiddenSize = field.size('n_embd', 768);
    const layers = atMost(MOST_LAYERS, 'n_layer', field.size('n_layer', 12), source);
    const heads = field.size('n_head', 12);
    const headSize = hiddenSize / heads;
    if (!Number.isInteger(headSize)) {
      throw new Error(
        `parseModelConfig: needs n_embd divisible by n_head, got ${hiddenSize} and ${heads} (${source}).`,
      );
    }
    const scale = field.truth('scale_attn_weights', true) ? 1 / Math.sqrt(headSize) : 1;
    const fallsByLayer = field.truth('scale_attn_by_inverse_layer_idx', false);
    const names = Object.keys(NAMES) as (keyof typeof NAMES)[];
    return {
      modelType: 'gpt2',
      vocabularySize: field.size('vocab_size', 50_257),
      hiddenSize,
      intermediateSize: field.size('n_inner', 4 * hiddenSize),
      layers,
      heads,
      keyValueHeads: heads,
      headSize,
      attention: Array.from({ length: layers }, (_, layer) => ({
        scale: fallsByLayer ? scale / (layer + 1) : scale,
      })),
      activation: NAMES[field.choice('activation_function', names, 'gelu_new')],
      normEpsilon: field.positive('layer_norm_epsilon', 1e-5),
      contextLength: field.size('n_positions', 1024),
      tiedEmbeddings: field.truth('tie_word_embeddings', true),
      initializerRange: field.positive('initializer_range', 0.02),
      attentionBias: true,
      mlpBias: true,
    };
  },

  weightShapes: (config) => {
    const { hiddenSize: d, intermediateSize: f, vocabularySize: v } = config;
    const shapes = new Map<string, readonly number[]>([
      ['transformer.wte.weight', [v, d]],
      ['transformer.wpe.weight', [config.contextLength, d]],
    ]);
    const biased = (name: string, ...shape: readonly number[]) => {
      shapes.set(`${name}.weight`, shape);
      shapes.set(`${name}.bias`, shape.slice(-1));
    };
    for (let layer = 0; layer < config.layers; layer++) {
      const at = `transformer.h.${layer}`;
      biased(`${at}.ln_1`, d);
      biased(`${at}.attn.c_attn`, d, 3 * d);
      biased(`${at}.attn.c_proj`, d, d);
      biased(`${at}.ln_2`, d);
      biased(`${at}.mlp.c_fc`, d, f);
      biased(`${at}.mlp.c_proj`, f, d);
    }
    biased('transformer.ln_f', d);
    if (!config.tiedEmbeddings) shapes.set('lm_head.weight', [v, d]);
    return shapes;
  },

  layerName: (layer) => `transformer.h.${layer}`,

  embed: (ops) =>
    ops.add(
      ops.embedding('transformer.wte.weight'),
      ops.positionEmbedding('transformer.wpe.weight'),
    ), // [N, D]

  layer: (ops, config, x, layer, at) => {
    const linear = (input: typeof x, name: string) =>
      ops.linear(input, `${name}.weight`, `${name}.bias`, 'in-out');
    const addLinear = (residual: typeof x, input: typeof x, name: string) =>
      ops.addLinear(residual, input, `${name}.weight`, `${name}.bias`, 'in-out');
    const layerNorm = (input: typeof x, name: string) =>
      ops.layerNorm(input, `${name}.weight`, `${name}.bias`);

    const d = config.hiddenSize;
    const h = layerNorm(x, `${at}.ln_1`); // [N, D]
    const qkv = linear(h, `${at}.attn.c_attn`); // [N, 3·D]
    const q = ops.columns(qkv, 0, d); // [N, D]
    const k = ops.columns(qkv, d, 2 * d); // [N, D]
    const v = ops.columns(qkv, 2 * d, 3 * d); // [N, D]
    const attended = ops.attention(layer, q, k, v, config.attention[layer]); // [N, D]
    const y = addLinear(x, attended, `${at}.attn.c_proj`); // [N, D]

    const wide = linear(layerNorm(y, `${at}.ln_2`), `${at}.mlp.c_fc`); // [N, F]
    const bent = config.activation === 'gelu' ? ops.gelu(wide) : ops.geluTanh(wide); // [N, F]
    return addLinear(y, bent, `${at}.mlp.c_proj`); // [N, D]
  },

  lastNorm: (ops, x) => ops.layerNorm(x, 'transformer.ln_f.weight', 'transformer.ln_f.bias'), // [N, D]
};
