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
  const { ropeTheta, ...numbers } = config;
  const rope = { frequencies: [1], factor: 1 }; // a head of two turns by one angle
  expect(parseModelConfig(json, 'test')).toEqual({
    modelType: 'llama',
    attentionBias: false,
    mlpBias: false,
    activation: 'silu',
    attention: [0, 1].map(() => ({ rope, scale: 1 / Math.sqrt(2) })),
    ...numbers,
  });
});

test('the new spelling of the rotary base means the same as the old', () => {
  const { rope_theta, ...rest } = json;
  const wide = { ...rest, head_dim: 8 };
  const renamed = { ...wide, rope_parameters: { rope_theta, rope_type: 'default' } };
  const read = parseModelConfig(renamed, 'test');
  expect(read).toEqual(parseModelConfig({ ...wide, rope_theta }, 'test'));
  expect(read.attention[0].rope?.frequencies[1]).toBeCloseTo(500_000 ** (-1 / 4), 12);
});

test('absent fields take the defaults of Hugging Face', () => {
  const { num_key_value_heads, head_dim, rope_theta, max_position_embeddings, ...others } = json;
  const { hidden_act, ...rest } = others;
  const wide = { ...rest, hidden_size: 16 };
  expect(parseModelConfig(wide, 'test')).toMatchObject({ keyValueHeads: 4, headSize: 4 });
  const baseOf = (model_type: string) => {
    const [{ rope }] = parseModelConfig({ ...wide, model_type, head_dim: 4 }, 'test').attention;
    return Math.round((rope?.frequencies[1] ?? 0) ** -2);
  };
  expect(baseOf('llama')).toBe(10_000);
  expect(baseOf('smollm3')).toBe(2_000_000);
  expect(baseOf('gemma3_text')).toBe(10_000); // its first layer sees a window
  const lengths = ['llama', 'mistral', 'qwen2', 'smollm3', 'gemma', 'gemma2', 'gemma3_text'].map(
    (model_type) => parseModelConfig({ ...wide, model_type }, 'test').contextLength,
  );
  expect(lengths).toEqual([2048, 131_072, 32_768, 32_768, 8192, 8192, 131_072]);
});

test('a head of Qwen3 is 128 wide where the file names no width', () => {
  const { head_dim, ...rest } = json;
  expect(parseModelConfig({ ...rest, model_type: 'qwen3' }, 'test').headSize).toBe(128);
});

const windows = (change: Record<string, unknown>) =>
  parseModelConfig({ ...json, num_hidden_layers: 6, ...change }, 'test').attention.map(
    ({ window }) => window ?? 0,
  );

test('every layer of a Mistral sees its window, 4,096 tokens where the file says nothing, all where it says null', () => {
  expect(windows({ model_type: 'mistral', sliding_window: 7 })).toEqual([7, 7, 7, 7, 7, 7]);
  expect(windows({ model_type: 'mistral' })[0]).toBe(4096);
  expect(windows({ model_type: 'mistral', sliding_window: null })).toEqual([0, 0, 0, 0, 0, 0]);
});

test('the layers of Qwen from max_window_layers on see a window if use_sliding_window says so', () => {
  for (const model_type of ['qwen2', 'qwen3']) {
    const file = { model_type, sliding_window: 9, max_window_layers: 4 };
    expect(windows(file)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(windows({ ...file, use_sliding_window: true })).toEqual([0, 0, 0, 0, 9, 9]);
    const listed = ['sliding_attention', ...Array(5).fill('full_attention')];
    expect(windows({ ...file, use_sliding_window: true, layer_types: listed })[0]).toBe(9);
    expect(windows({ ...file, use_sliding_window: true, sliding_window: null })[5]).toBe(0);
  }
});

test('Gemma 2 has a window in every other layer, Gemma 3 in five of six or by its pattern', () => {
  const file = { sliding_window: 5 };
  expect(windows({ ...file, model_type: 'gemma2' })).toEqual([5, 0, 5, 0, 5, 0]);
  expect(windows({ ...file, model_type: 'gemma3_text' })).toEqual([5, 5, 5, 5, 5, 0]);
  const pattern = { ...file, model_type: 'gemma3_text', sliding_window_pattern: 3 };
  expect(windows(pattern)).toEqual([5, 5, 0, 5, 5, 0]);
});

test('a null takes a cap away that Gemma 2 has by default', () => {
  const of = (change: Record<string, unknown>) => {
    const read = parseModelConfig({ ...json, model_type: 'gemma2', ...change }, 'test');
    return [read.attention[0].softcap, read.logitSoftcap];
  };
  expect(of({})).toEqual([50, 30]);
  expect(of({ attn_logit_softcapping: null, final_logit_softcapping: 4 })).toEqual([undefined, 4]);
});

test('every fourth layer of SmolLM3 has no positions where no list says otherwise', () => {
  const turning = (change: Record<string, unknown>) =>
    parseModelConfig(
      { ...json, model_type: 'smollm3', num_hidden_layers: 5, ...change },
      'test',
    ).attention.map(({ rope }) => rope !== undefined);
  expect(turning({})).toEqual([true, true, true, false, true]);
  expect(turning({ no_rope_layers: [0, 1, 1, 1, 0] })).toEqual([false, true, true, true, false]);
});

test('positions that depend on the length end where they would begin to', () => {
  const rope = { rope_type: 'longrope', short_factor: [2], original_max_position_embeddings: 16 };
  const read = parseModelConfig({ ...json, rope_scaling: rope }, 'test');
  expect(read.contextLength).toBe(16); // of the 64 that the file names
  expect(read.attention[0].rope).toEqual({
    frequencies: [1 / 2],
    factor: Math.sqrt(1 + Math.log(64 / 16) / Math.log(16)),
  });
  const dynamic = parseModelConfig(
    { ...json, rope_scaling: { type: 'dynamic', factor: 4 } },
    'test',
  );
  expect(dynamic).toEqual(parseModelConfig(json, 'test'));
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
  [
    { model_type: 'gpt9' },
    'needs a model_type among gemma, gemma2, gemma3_text, gpt2, llama, mistral, qwen2, qwen3, smollm3, got "gpt9"',
  ],
  [{ hidden_size: 0 }, 'needs a whole number above 0 for "hidden_size", got 0'],
  [{ hidden_size: undefined }, 'for "hidden_size", got undefined'],
  [{ hidden_size: 10, head_dim: undefined }, 'needs hidden_size divisible by num_attention_heads'],
  [{ num_hidden_layers: 1e9 }, 'needs at most 4096 for "num_hidden_layers", got 1000000000'],
  [{ head_dim: 1e9 }, 'needs at most 65536 for "head_dim"'],
  [{ head_dim: 3 }, 'needs an even head size for rotary positions, got 3'],
  [{ num_key_value_heads: 3 }, 'divisible by num_key_value_heads, got 4 and 3'],
  [{ attention_bias: 1 }, 'needs true or false for "attention_bias", got 1'],
  [{ hidden_act: 'gelu' }, 'needs "silu" for "hidden_act", got "gelu"'],
  [{ model_type: 'gemma', hidden_act: 'relu' }, 'needs one of "gelu", "gelu_pytorch_tanh"'],
  [{ model_type: 'gemma2', hidden_activation: 'relu' }, 'for "hidden_activation", got "relu"'],
  [{ model_type: 'gemma3_text', attn_logit_softcapping: 5 }, 'for "attn_logit_softcapping", got 5'],
  [{ model_type: 'gemma', use_bidirectional_attention: true }, 'reads from left to right'],
  [{ model_type: 'gpt2', activation_function: 'relu' }, 'needs one of "gelu_new"'],
  [{ model_type: 'gpt2', n_embd: 10, n_head: 4 }, 'needs n_embd divisible by n_head, got 10 and 4'],
  [{ model_type: 'gpt2', add_cross_attention: true }, 'for "add_cross_attention", got true'],
  [{ model_type: 'mistral', layer_types: ['full_attention'] }, 'for "layer_types"'],
  [
    { model_type: 'qwen2', layer_types: ['full_attention', 'sliding_attention'] },
    'needs use_sliding_window and a sliding_window for the "sliding_attention"',
  ],
  [
    { model_type: 'qwen3', layer_types: ['chunked_attention', 'full_attention'] },
    'in every entry of "layer_types", got "chunked_attention"',
  ],
  [{ model_type: 'qwen2', layer_types: ['full_attention'] }, 'needs 2 entries in "layer_types"'],
  [{ model_type: 'qwen2', layer_types: 'all' }, 'needs a list for "layer_types", got "all"'],
  [{ model_type: 'smollm3', no_rope_layers: [2, 1] }, 'needs 2 entries of 0 or 1'],
  [{ quantization_config: { bits: 4 } }, 'quantised weights are not read'],
  [{ num_experts: 8 }, 'mixtures of experts are not supported'],
  [{ partial_rotary_factor: 0.5 }, 'needs a partial_rotary_factor of 1, got 0.5'],
  [
    { rope_scaling: { rope_type: 'spiral' } },
    'needs a rope type among default, linear, dynamic, llama3, yarn, longrope, got "spiral"',
  ],
  [{ rope_scaling: { type: 'linear' } }, 'needs a number above 0 for "factor", got undefined'],
  [{ rope_scaling: { type: 'longrope', short_factor: [1, 2] } }, 'needs 1 numbers above 0'],
  [{ rope_parameters: { full_attention: {} } }, 'all layers of this model turn alike'],
  [{ rope_scaling: 3 }, 'needs an object for "rope_scaling"'],
  [{ tie_word_embeddings: 'yes' }, 'needs true or false for "tie_word_embeddings"'],
])('%o is refused by name', (change, message) => {
  expect(() => parseModelConfig({ ...json, ...change }, 'test')).toThrow(message);
});

test('something that is no object is refused', () => {
  expect(() => parseModelConfig([], 'test')).toThrow('needs a JSON object');
});
