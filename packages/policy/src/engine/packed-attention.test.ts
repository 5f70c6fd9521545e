import { fileURLToPath } from 'node:url';
import {
  availableBackends,
  countTensors,
  dispose,
  gatherRows,
  initBackend,
  mul,
  type NamedTensors,
  sum,
  type Tensor,
  tensor,
  tidy,
  valueAndGradients,
} from '@grpo/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { LanguageModel } from '../model/language-model.js';
import { forwardPacked } from './forward.js';
import { NETWORK } from './frozen-model.js';
import { hiddenOf, type Network } from './network.js';
import { packBatch } from './packing.js';
import { selectTokens, toTokenBatch } from './token-batch.js';

const folders = [
  'llama-gqa-tied',
  'gpt2',
  'mistral-window',
  'qwen3-head-norms',
  'smollm3-no-rope',
  'gemma2-soft-caps',
  'gemma3-two-ropes',
  'llama-rope-llama3',
];

/** Three prompts, one of them shared by four completions, one longer than the windows; and one failed episode. */
const long = Array.from({ length: 14 }, (_, t) => 1 + ((5 * t) % 17));
const sequences: readonly (readonly [prompt: readonly number[], completion: readonly number[]])[] =
  [
    [long, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    [long, [5]],
    [
      [2, 9],
      [7, 7, 1],
    ],
    [long, [9, 2, 2, 6]],
    [long, [1, 2]],
    [[4], [5, 6]],
  ];
const batch = toTokenBatch([
  ...sequences.map(([prompt, completion]) => ({
    ids: [...prompt, ...completion],
    mask: [...prompt.map(() => false), ...completion.map((_, t) => t !== 2)],
  })),
  { ids: [1, 2, 3], mask: [false, false, false] },
]);
const { rows } = selectTokens(batch);

/** A loss that looks at every number of the hidden states, and its gradient for every weight. */
function withGradients(network: Network, hiddenAtRows: (network: Network) => Tensor) {
  return valueAndGradients(() => {
    const hidden = hiddenAtRows(network); // [N, D]
    const factors = Float32Array.from({ length: hidden.size }, (_, i) => Math.sin(1 + i));
    return sum(mul(hidden, tensor(factors, hidden.shape)));
  }, network.weights);
}
const plain = (network: Network) => gatherRows(hiddenOf(network, batch), rows);
const packed = ({ config, weights }: Network) => {
  const packing = packBatch(batch);
  return gatherRows(forwardPacked(config, weights, packing), packing.rowsOf(rows));
};
const largest = (values: Iterable<number>) =>
  [...values].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
function distance(a: Tensor, b: Tensor): number {
  const [x, y] = [a.dataSync(), b.dataSync()];
  return largest(Float64Array.from(x, (value, i) => value - y[i]));
}

describe.each(await availableBackends())('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test.each(folders)(
    '%s: a packed batch gives the states and gradients of a padded one',
    (name) => {
      const folder = fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
      const model = LanguageModel.open(folder);
      const network = model[NETWORK]();
      const before = countTensors();
      const states = tidy(() => [plain(network), packed(network)] as [Tensor, Tensor]);
      expect(states[0].shape).toEqual([rows.length, network.config.hiddenSize]);
      expect(distance(...states)).toBeLessThan(1e-4 * Math.max(1, largest(states[0].dataSync())));
      const [one, other] = [withGradients(network, plain), withGradients(network, packed)];
      for (const [weight, gradient] of Object.entries(one.gradients)) {
        const scale = Math.max(1, largest(gradient.dataSync()));
        const error = distance(gradient, (other.gradients as NamedTensors)[weight] as Tensor);
        expect(error, weight).toBeLessThan(2e-4 * scale);
      }
      dispose([states, one.value, one.gradients, other.value, other.gradients]);
      expect(countTensors()).toBe(before);
      model.dispose();
    },
  );
});
