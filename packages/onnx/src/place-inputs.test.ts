import { parseModelConfig } from '@grpo/policy';
import { expect, test } from 'vitest';
import { positionInputs, promptBias, stepBias } from './place-inputs.js';

const config = parseModelConfig(
  {
    model_type: 'gemma3_text',
    vocab_size: 8,
    hidden_size: 8,
    intermediate_size: 8,
    num_hidden_layers: 6,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 4,
    sliding_window: 2,
    max_position_embeddings: 32,
  },
  'a test',
);

/** Which entries are visible, row by row. */
const seen = (data: ArrayLike<number>, width: number) =>
  Array.from({ length: data.length / width }, (_, row) =>
    Array.from({ length: width }, (_, i) => (data[row * width + i] === 0 ? 'x' : '.')).join(''),
  );

test('a prompt sees what came before, in a window only the latest', () => {
  const bias = promptBias(config, 4);
  expect(Object.keys(bias).sort()).toEqual(['bias-2', 'bias-all']);
  expect(seen(bias['bias-all'].data as Float32Array, 4)).toEqual(['x...', 'xx..', 'xxx.', 'xxxx']);
  expect(seen(bias['bias-2'].data as Float32Array, 4)).toEqual(['x...', 'xx..', '.xx.', '..xx']);
});

test('a step sees the places that its row has filled, and itself at the end', () => {
  const bias = stepBias(config, [3, 0, 1], 4);
  expect(bias['bias-all'].shape).toEqual([3, 1, 1, 5]);
  expect(seen(bias['bias-all'].data as Float32Array, 5)).toEqual(['xxx.x', '....x', 'x...x']);
  expect(seen(bias['bias-2'].data as Float32Array, 5)).toEqual(['..x.x', '....x', 'x...x']);
});

test('each rope of a model turns by its own angles, a column per row', () => {
  const inputs = positionInputs(config, Int32Array.of(0, 3));
  const [local, global] = [0, 1].map((r) => ({
    cosine: inputs[`cosine-${r}`].data as Float32Array,
    sine: inputs[`sine-${r}`].data as Float32Array,
  }));
  // Pairs of frequencies 1 and 1 / √base; positions 0 and 3; both halves of a head.
  for (const [{ cosine, sine }, slow] of [
    [local, 0.01],
    [global, 0.001],
  ] as const) {
    const angles = [0, 3, 0, 3 * slow];
    for (const [i, angle] of angles.entries()) {
      expect(cosine[i]).toBeCloseTo(Math.cos(angle), 6);
      expect(cosine[4 + i]).toBeCloseTo(Math.cos(angle), 6);
      expect(sine[i]).toBeCloseTo(-Math.sin(angle), 6);
      expect(sine[4 + i]).toBeCloseTo(Math.sin(angle), 6);
    }
  }
});
