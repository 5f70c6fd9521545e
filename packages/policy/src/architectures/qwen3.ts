import type { Architecture } from './architecture.js';
import { llamaNames, rotaryConfig, rotaryShapes } from './common.js';
import { qwenAttention } from './windows.js';

/** The width of a head that Hugging Face takes where config.json names none. */
const HEAD_SIZE = 128;

/**
 * Qwen3, dense (Yang et al. 2025, section 2, https://arxiv.org/abs/2505.09388): queries and keys are normed head
 * by head before they turn. `attention_bias` puts a bias on q, k, v and o.
 */
export const qwen3: Architecture = {
  modelType: 'qwen3',
  ...llamaNames,

  parseConfig: (field, source) => {
    const config = rotaryConfig(field, source, { headSize: HEAD_SIZE, contextLength: 32_768 });
    return {
      modelType: 'qwen3',
      ...config,
      attention: qwenAttention(field, source, config.attention),
      attentionBias: field.truth('attention_bias', false),
      mlpBias: false,
    };
  },

  weightShapes: (config) =>
    rotaryShapes(
      config,
      (projection) => config.attentionBias && projection.startsWith('self_attn.'),
      ['self_attn.q_norm', 'self_attn.k_norm'],
    ),

  embed: (ops) => ops.embedding('model.embed_tokens.weight'), // [N, D]

  layer: (ops, config, x, layer, at) => {
    const biasOf = (name: string) => (config.attentionBias ? `${name}.bias` : undefined);
    const attentionLinear = (input: typeof x, name: string) =>
      ops.linear(input, `${name}.weight`, biasOf(name));
    const output = `${at}.self_attn.o_proj`;

    const view = config.attention[layer];
    const { rope } = view;
    const h = ops.norm(x, `${at}.input_layernorm.weight`); // [N, D]
    const q = attentionLinear(h, `${at}.self_attn.q_proj`); // [N, H·Dh]
    const k = attentionLinear(h, `${at}.self_attn.k_proj`); // [N, Hkv·Dh]
    const v = attentionLinear(h, `${at}.self_attn.v_proj`); // [N, Hkv·Dh]
    const normedQ = ops.headNorm(q, `${at}.self_attn.q_norm.weight`); // [N, H·Dh]
    const normedK = ops.headNorm(k, `${at}.self_attn.k_norm.weight`); // [N, Hkv·Dh]
    const turnedQ = ops.rotary(normedQ, rope); // [N, H·Dh]
    const turnedK = ops.rotary(normedK, rope); // [N, Hkv·Dh]
    const attended = ops.attention(layer, turnedQ, turnedK, v, view); // [N, H·Dh]
    const y = ops.addLinear(x, attended, `${output}.weight`, biasOf(output)); // [N, D]

    const m = ops.norm(y, `${at}.post_attention_layernorm.weight`); // [N, D]
    const mlp = (name: string) => ({ weight: `${at}.mlp.${name}.weight` });
    const gated = ops.gatedLinear(m, mlp('gate_proj'), mlp('up_proj')); // [N, F]
    return ops.addLinear(y, gated, mlp('down_proj').weight); // [N, D]
  },

  lastNorm: (ops, x) => ops.norm(x, 'model.norm.weight'), // [N, D]
};
