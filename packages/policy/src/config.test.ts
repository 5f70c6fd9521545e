import { expect, test } from 'vitest';
import { llamaConfigJson, parseModelConfig, weightShapes } from './config.js';

const config = {
  vocabularySize: 11,
  hiddenSize: 8,
  intermediateSize: 12,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 2,
  normEpsilon: 1e-5,
  ropeTheta: 500_000,
  contextLength: 64,
  tiedEmbeddings: false,
  initializerRange: 0.02,
};
const json = llamaConfigJson(config, { eos: 3 });

test('a config that was written is read back', () => {
  expect(parseModelConfig(json, 'test')).toEqual({
    modelType: 'llama',
    attentionBias: false,
    mlpBias: false,
    ...config,
  });
});

test('the new spelling of the rotary base means the same as the old', () => {
  const { rope_theta, ...rest } = json;
  const renamed = { ...rest, rope_parameters: { rope_theta, rope_type: 'default' } };
  expect(parseModelConfig(renamed, 'test')).toEqual(parseModelConfig(json, 'test'));
});

test('absent fields take the defaults of Hugging Face', () => {
  const { num_key_value_heads, head_dim, rope_theta, ...rest } = json;
  expect(parseModelConfig(rest, 'test')).toMatchObject({
    keyValueHeads: 4,
    headSize: 2,
    ropeTheta: 10_000,
  });
});

test('a head of Qwen3 is 128 wide where the file names no width', () => {
  const { head_dim, ...rest } = json;
  expect(parseModelConfig({ ...rest, model_type: 'qwen3' }, 'test').headSize).toBe(128);
});

test('tied models have no output matrix of their own', () => {
  const names = (tied: boolean) => [
    ...weightShapes({ ...parseModelConfig(json, 'test'), tiedEmbeddings: tied }).keys(),
  ];
  expect(names(false)).toContain('lm_head.weight');
  expect(names(true)).not.toContain('lm_head.weight');
  expect(names(true).length).toBe(2 + 2 * 9);
});

test.each([
  [{ model_type: 'gpt9' }, 'needs a model_type among llama, qwen2, qwen3, got "gpt9"'],
  [{ hidden_size: 0 }, 'needs a whole number above 0 for "hidden_size", got 0'],
  [{ hidden_size: undefined }, 'for "hidden_size", got undefined'],
  [{ num_key_value_heads: 3 }, 'divisible by num_key_value_heads, got 4 and 3'],
  [{ attention_bias: 1 }, 'needs true or false for "attention_bias", got 1'],
  [{ hidden_act: 'gelu' }, 'needs "silu" for "hidden_act", got "gelu"'],
  [{ model_type: 'qwen2', use_sliding_window: true }, 'needs false for "use_sliding_window"'],
  [{ model_type: 'qwen2', layer_types: ['sliding_attention'] }, 'got "sliding_attention"'],
  [{ model_type: 'qwen3', use_sliding_window: true }, 'needs false for "use_sliding_window"'],
  [{ model_type: 'qwen2', layer_types: 'all' }, 'needs a list for "layer_types", got "all"'],
  [{ rope_scaling: { rope_type: 'yarn' } }, 'needs rope type "default", got "yarn"'],
  [{ rope_scaling: 3 }, 'needs an object for "rope_scaling"'],
  [{ tie_word_embeddings: 'yes' }, 'needs true or false for "tie_word_embeddings"'],
])('%o is refused by name', (change, message) => {
  expect(() => parseModelConfig({ ...json, ...change }, 'test')).toThrow(message);
});

test('something that is no object is refused', () => {
  expect(() => parseModelConfig([], 'test')).toThrow('needs a JSON object');
});
