import { expect, test } from 'vitest';
import { parseModelConfig } from './config.js';
import { randomWeights } from './random-weights.js';

const small = {
  vocab_size: 40,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  head_dim: 8,
  initializer_range: 0.5,
  pad_token_id: 3,
};
const gpt2 = {
  model_type: 'gpt2',
  vocab_size: 40,
  n_embd: 32,
  n_layer: 4,
  n_head: 4,
  n_positions: 16,
  initializer_range: 0.5,
  pad_token_id: 3,
};
const of = (json: Record<string, unknown>, seed = 1) => {
  const weights = randomWeights(parseModelConfig(json, 'test'), seed);
  return (name: string) => weights.get(name)?.read() ?? new Float32Array();
};
const deviation = (data: Float32Array) =>
  Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);

test('the same seed gives the same weights, another one others', () => {
  const name = 'model.embed_tokens.weight';
  const llama = { ...small, model_type: 'llama' };
  expect(of(llama)(name)).toEqual(of(llama)(name));
  expect(of(llama, 2)(name)).not.toEqual(of(llama)(name));
});

test('the norms of a Llama start at 1, those of a Gemma at 0, which there means 1', () => {
  const norm = 'model.layers.0.post_attention_layernorm.weight';
  expect(new Set(of({ ...small, model_type: 'llama' })(norm))).toEqual(new Set([1]));
  for (const model_type of ['gemma', 'gemma2', 'gemma3_text']) {
    expect(new Set(of({ ...small, model_type })(norm))).toEqual(new Set([0]));
  }
  const headNorm = 'model.layers.0.self_attn.q_norm.weight';
  expect(new Set(of({ ...small, model_type: 'qwen3' })(headNorm))).toEqual(new Set([1]));
  expect(new Set(of({ ...small, model_type: 'gemma3_text' })(headNorm))).toEqual(new Set([0]));
});

test('biases start at 0, matrices with the deviation of the config', () => {
  const llama = of({ ...small, model_type: 'llama', attention_bias: true });
  expect(new Set(llama('model.layers.1.self_attn.q_proj.bias'))).toEqual(new Set([0]));
  expect(deviation(llama('model.layers.1.self_attn.q_proj.weight'))).toBeCloseTo(0.5, 1);
});

test('the embedding of the padding token starts at 0, an output matrix of its own does not', () => {
  const llama = of({ ...small, model_type: 'llama' });
  const row = (data: Float32Array) => data.slice(3 * 32, 4 * 32);
  expect(new Set(row(llama('model.embed_tokens.weight')))).toEqual(new Set([0]));
  expect(deviation(row(llama('lm_head.weight')))).toBeGreaterThan(0.2);
});

test('the projections of GPT-2 that end on the residual path start smaller by √(2 L)', () => {
  const weights = of(gpt2);
  const expected = 0.5 / Math.sqrt(2 * 4);
  for (const name of ['attn.c_proj', 'mlp.c_proj']) {
    const found = deviation(weights(`transformer.h.2.${name}.weight`));
    expect(found / expected).toBeCloseTo(1, 1);
  }
  expect(deviation(weights('transformer.h.2.mlp.c_fc.weight'))).toBeCloseTo(0.5, 1);
  expect(deviation(weights('transformer.wte.weight').slice(3 * 32, 4 * 32))).toBeGreaterThan(0.2);
});
