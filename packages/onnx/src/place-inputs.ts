import type { ModelConfig } from '@grpo/policy';
import { places, ropesOf } from './graph/attention.js';
import type { HostTensor } from './types.js';

/** Added to a score to hide a place: exp underflows to 0, and a row that hides everything stays finite. */
const HIDDEN = -1e9;

/**
 * What a graph is told of the positions of its rows: how far heads turn there, and the positions themselves.
 *
 * @param positions [N] counted from the first token of each sequence
 */
export function positionInputs(
  config: ModelConfig,
  positions: Int32Array,
): Record<string, HostTensor> {
  const n = positions.length;
  const inputs: Record<string, HostTensor> = {
    positions: { data: positions, shape: [n] },
  };
  for (const [r, { frequencies, factor }] of ropesOf(config).entries()) {
    const half = frequencies.length;
    const cosine = new Float32Array(2 * half * n);
    const sine = new Float32Array(2 * half * n);
    for (let i = 0; i < half; i++) {
      for (let row = 0; row < n; row++) {
        const angle = positions[row] * frequencies[i];
        const [first, second] = [i * n + row, (half + i) * n + row];
        cosine[first] = factor * Math.cos(angle);
        cosine[second] = cosine[first];
        sine[second] = factor * Math.sin(angle);
        sine[first] = -sine[second];
      }
    }
    const shape = [2, half, n];
    inputs[places.cosine(r)] = { data: cosine, shape };
    inputs[places.sine(r)] = { data: sine, shape };
  }
  return inputs;
}

/** What each token of right-padded prompts sees: itself and those before it. [1, 1, T, T] per window */
export function promptBias(config: ModelConfig, tokens: number): Record<string, HostTensor> {
  return biases(config, [1, 1, tokens, tokens], (bias, window) => {
    for (let t = 0; t < tokens; t++) {
      bias.fill(HIDDEN, t * tokens + t + 1, (t + 1) * tokens);
      bias.fill(HIDDEN, t * tokens, t * tokens + Math.max(0, t + 1 - window));
    }
  });
}

/** What the next token of each row sees of its cached places, and itself behind them. [B, 1, 1, S + 1] per window */
export function stepBias(
  config: ModelConfig,
  lengths: readonly number[],
  capacity: number,
): Record<string, HostTensor> {
  const width = capacity + 1;
  return biases(config, [lengths.length, 1, 1, width], (bias, window) => {
    for (const [row, length] of lengths.entries()) {
      bias.fill(HIDDEN, row * width + length, row * width + capacity);
      bias.fill(HIDDEN, row * width, row * width + Math.max(0, length + 1 - window));
    }
  });
}

function biases(
  { attention }: ModelConfig,
  shape: readonly number[],
  hide: (bias: Float32Array, window: number) => void,
): Record<string, HostTensor> {
  const size = shape.reduce((product, length) => product * length, 1);
  const inputs: Record<string, HostTensor> = {};
  for (const window of new Set(attention.map((view) => view.window))) {
    const bias = new Float32Array(size);
    hide(bias, window ?? Number.POSITIVE_INFINITY);
    inputs[places.bias(window)] = { data: bias, shape };
  }
  return inputs;
}
