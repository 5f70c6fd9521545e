import type { Architecture } from './architecture.js';
import { llamaNames, rotaryConfig, rotaryShapes } from './common.js';
import { qwenAttention } from './windows.js';

const BIASED = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'];

/**
 * Qwen2 and Qwen2.5 (Yang et al. 2024, section 2.2, https://arxiv.org/abs/2407.10671):
 * queries, keys and values add a bias, no other projection does.
 */
export const qwen2: Architecture = {
  modelType: 'qwen2',
  ...llamaNames,

  parseConfig: (field, source) => {
    const config = rotaryConfig(field, source, { contextLength: 32_768 });
    return {
      modelType: 'qwen2',
      ...config,
      attention: qwenAttention(field, source, config.attention),
      attentionBias: true,
      mlpBias: false,
    };
  },

  weightShapes: (config) => rotaryShapes(config, (projection) => BIASED.includes(projection)),

  embed: (ops) => ops.embedding('model.embed_tokens.weight'), // [N, D]

  layer: (ops, config, x, layer, at) => {
    const biased = (input: typeof x, name: string) =>
      ops.linear(input, `${name}.weight`, `${name}.bias`);

    const view = config.attention[layer];
    const { rope } = view;
    const h = ops.norm(x, `${at}.input_layernorm.weight`); // [N, D]
    const q = biased(h, `${at}.self_attn.q_proj`); // [N, H·Dh]
    const k = biased(h, `${at}.self_attn.k_proj`); // [N, Hkv·Dh]
    const v = biased(h, `${at}.self_attn.v_proj`); // [N, Hkv·Dh]
    const attended = ops.attention(layer, ops.rotary(q, rope), ops.rotary(k, rope), v, view); // [N, H·Dh]
    const y = ops.addLinear(x, attended, `${at}.self_attn.o_proj.weight`); // [N, D]

    const m = ops.norm(y, `${at}.post_attention_layernorm.weight`); // [N, D]
    const mlp = (name: string) => ({ weight: `${at}.mlp.${name}.weight` });
    const gated = ops.gatedLinear(m, mlp('gate_proj'), mlp('up_proj')); // [N, F]
    return ops.addLinear(y, gated, mlp('down_proj').weight); // [N, D]
  },

  lastNorm: (ops, x) => ops.norm(x, 'model.norm.weight'), // [N, D]
};
