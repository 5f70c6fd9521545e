import type { Architecture } from './architecture.js';
import { llamaNames, rotaryConfig, rotaryShapes } from './common.js';
import { centredNorm, GEMMA, refuseBothWays } from './gemma-common.js';

/**
 * Gemma (Gemma Team 2024, section 2, https://arxiv.org/abs/2403.08295): embeddings times √D, a GELU where Llama has
 * a SiLU, and norms whose weights are around 0 and scale by 1 + w. Files say `gelu` and mean its approximation.
 */
export const gemma: Architecture = {
  modelType: 'gemma',
  ...llamaNames,
  initial: centredNorm,

  parseConfig: (field, source) => {
    refuseBothWays(field);
    field.choice('hidden_act', ['gelu', 'gelu_pytorch_tanh'], 'gelu');
    field.choice('hidden_activation', ['gelu', 'gelu_pytorch_tanh'], 'gelu');
    return {
      modelType: 'gemma',
      ...rotaryConfig(field, source, { ...GEMMA, contextLength: 8192 }),
      attentionBias: field.truth('attention_bias', false),
      mlpBias: false,
    };
  },

  weightShapes: (config) =>
    rotaryShapes(
      config,
      (projection) => config.attentionBias && projection.startsWith('self_attn.'),
    ),

  embed: (ops, { hiddenSize }) =>
    ops.scale(ops.embedding('model.embed_tokens.weight'), Math.sqrt(hiddenSize)), // [N, D]

  layer: (ops, config, x, layer, at) => {
    const biasOf = (name: string) => (config.attentionBias ? `${name}.bias` : undefined);
    const attentionLinear = (input: typeof x, name: string) =>
      ops.linear(input, `${name}.weight`, biasOf(name));
    const output = `${at}.self_attn.o_proj`;

    const view = config.attention[layer];
    const { rope } = view;
    const h = ops.norm(x, `${at}.input_layernorm.weight`, 1); // [N, D]
    const q = attentionLinear(h, `${at}.self_attn.q_proj`); // [N, H·Dh]
    const k = attentionLinear(h, `${at}.self_attn.k_proj`); // [N, Hkv·Dh]
    const v = attentionLinear(h, `${at}.self_attn.v_proj`); // [N, Hkv·Dh]
    const attended = ops.attention(layer, ops.rotary(q, rope), ops.rotary(k, rope), v, view); // [N, H·Dh]
    const y = ops.addLinear(x, attended, `${output}.weight`, biasOf(output)); // [N, D]

    const m = ops.norm(y, `${at}.post_attention_layernorm.weight`, 1); // [N, D]
    const gate = ops.linear(m, `${at}.mlp.gate_proj.weight`); // [N, F]
    const up = ops.linear(m, `${at}.mlp.up_proj.weight`); // [N, F]
    const gated = ops.mul(ops.geluTanh(gate), up); // [N, F]
    return ops.addLinear(y, gated, `${at}.mlp.down_proj.weight`); // [N, D]
  },

  lastNorm: (ops, x) => ops.norm(x, 'model.norm.weight', 1), // [N, D]
};
