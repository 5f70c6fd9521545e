import type { Architecture } from './architecture.js';
import { llamaNames, rotaryConfig, rotaryShapes } from './common.js';
import { capOf, centredNorm, FOUR_NORMS, GEMMA, refuseBothWays } from './gemma-common.js';
import { layerTypes, windowOf } from './windows.js';

/**
 * Gemma 2 (Gemma Team 2024, section 2, https://arxiv.org/abs/2408.00118): Gemma with norms before and after
 * attention and the feed-forward layer, capped scores and logits, and a window in every other layer.
 */
export const gemma2: Architecture = {
  modelType: 'gemma2',
  ...llamaNames,
  initial: centredNorm,

  parseConfig: (field, source) => {
    refuseBothWays(field);
    field.only('hidden_activation', 'gelu_pytorch_tanh');
    const config = rotaryConfig(field, source, { ...GEMMA, contextLength: 8192 });
    const types = layerTypes(field, source, config.layers, (layer) =>
      layer % 2 === 0 ? 'sliding_attention' : 'full_attention',
    );
    const scale = 1 / Math.sqrt(field.positive('query_pre_attn_scalar', 256));
    const softcap = capOf(field, 'attn_logit_softcapping', 50);
    return {
      modelType: 'gemma2',
      ...config,
      attention: config.attention.map(({ rope }, layer) => {
        return { rope, window: windowOf(types[layer], field, 4096), scale, softcap };
      }),
      logitSoftcap: capOf(field, 'final_logit_softcapping', 30),
      attentionBias: field.truth('attention_bias', false),
      mlpBias: false,
    };
  },

  weightShapes: (config) =>
    rotaryShapes(
      config,
      (projection) => config.attentionBias && projection.startsWith('self_attn.'),
      [],
      FOUR_NORMS,
    ),

  embed: (ops, { hiddenSize }) =>
    ops.scale(ops.embedding('model.embed_tokens.weight'), Math.sqrt(hiddenSize)), // [N, D]

  layer: (ops, config, x, layer, at) => {
    const attentionLinear = (input: typeof x, name: string) =>
      ops.linear(input, `${name}.weight`, config.attentionBias ? `${name}.bias` : undefined);

    const view = config.attention[layer];
    const { rope } = view;
    const h = ops.norm(x, `${at}.input_layernorm.weight`, 1); // [N, D]
    const q = attentionLinear(h, `${at}.self_attn.q_proj`); // [N, H·Dh]
    const k = attentionLinear(h, `${at}.self_attn.k_proj`); // [N, Hkv·Dh]
    const v = attentionLinear(h, `${at}.self_attn.v_proj`); // [N, Hkv·Dh]
    const attended = ops.attention(layer, ops.rotary(q, rope), ops.rotary(k, rope), v, view); // [N, H·Dh]
    const o = attentionLinear(attended, `${at}.self_attn.o_proj`); // [N, D]
    const y = ops.add(x, ops.norm(o, `${at}.post_attention_layernorm.weight`, 1)); // [N, D]

    const m = ops.norm(y, `${at}.pre_feedforward_layernorm.weight`, 1); // [N, D]
    const gate = ops.linear(m, `${at}.mlp.gate_proj.weight`); // [N, F]
    const up = ops.linear(m, `${at}.mlp.up_proj.weight`); // [N, F]
    const down = ops.linear(ops.mul(ops.geluTanh(gate), up), `${at}.mlp.down_proj.weight`); // [N, D]
    return ops.add(y, ops.norm(down, `${at}.post_feedforward_layernorm.weight`, 1)); // [N, D]
  },

  lastNorm: (ops, x) => ops.norm(x, 'model.norm.weight', 1), // [N, D]
};
