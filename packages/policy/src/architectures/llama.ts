import type { Architecture } from './architecture.js';
import { llamaNames, rotaryConfig, rotaryShapes } from './common.js';

/**
 * Llama (Touvron et al. 2023, section 2.2, https://arxiv.org/abs/2302.13971).
 * `attention_bias` puts a bias on q, k, v and o; `mlp_bias` on gate, up and down.
 */
export const llama: Architecture = {
  modelType: 'llama',
  ...llamaNames,

  parseConfig: (field, source) => ({
    modelType: 'llama',
    ...rotaryConfig(field, source, { contextLength: 2048 }),
    attentionBias: field.truth('attention_bias', false),
    mlpBias: field.truth('mlp_bias', false),
  }),

  weightShapes: (config) =>
    rotaryShapes(config, (projection) =>
      projection.startsWith('mlp.') ? config.mlpBias : config.attentionBias,
    ),

  embed: (ops) => ops.embedding('model.embed_tokens.weight'), // [N, D]

  layer: (ops, config, x, layer, at) => {
    const biasOf = (name: string) => (config.attentionBias ? `${name}.bias` : undefined);
    const attentionLinear = (input: typeof x, name: string) =>
      ops.linear(input, `${name}.weight`, biasOf(name));
    const output = `${at}.self_attn.o_proj`;
    const mlp = (name: string) => ({
      weight: `${at}.mlp.${name}.weight`,
      bias: config.mlpBias ? `${at}.mlp.${name}.bias` : undefined,
    });

    const view = config.attention[layer];
    const { rope } = view;
    const h = ops.norm(x, `${at}.input_layernorm.weight`); // [N, D]
    const q = attentionLinear(h, `${at}.self_attn.q_proj`); // [N, H·Dh]
    const k = attentionLinear(h, `${at}.self_attn.k_proj`); // [N, Hkv·Dh]
    const v = attentionLinear(h, `${at}.self_attn.v_proj`); // [N, Hkv·Dh]
    const attended = ops.attention(layer, ops.rotary(q, rope), ops.rotary(k, rope), v, view); // [N, H·Dh]
    const y = ops.addLinear(x, attended, `${output}.weight`, biasOf(output)); // [N, D]

    const m = ops.norm(y, `${at}.post_attention_layernorm.weight`); // [N, D]
    const gated = ops.gatedLinear(m, mlp('gate_proj'), mlp('up_proj')); // [N, F]
    const down = mlp('down_proj');
    return ops.addLinear(y, gated, down.weight, down.bias); // [N, D]
  },

  lastNorm: (ops, x) => ops.norm(x, 'model.norm.weight'), // [N, D]
};
