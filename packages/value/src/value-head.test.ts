import { keyedRandom } from '@grpo/random';
import {
  availableBackends,
  countTensors,
  dispose,
  hostLoss,
  initBackend,
  type Tensor,
  tensor,
  tidy,
} from '@grpo/tensor';
import { type OpCase, opErrors } from '@grpo/tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ValueHeadConfig, ValueHeadWeights } from './types.js';
import {
  type ApplyValueHeadOptions,
  applyValueHead,
  headDropout,
  initValueHead,
} from './value-head.js';
import { valueLoss } from './value-loss.js';

const [N, D, H] = [3, 4, 5];
const CONFIG: ValueHeadConfig = { width: D, innerWidth: H, dropout: 0.3 };
const SHAPES = [
  ['norm.weight', [D]],
  ['norm.bias', [D]],
  ['inner.weight', [H, D]],
  ['inner.bias', [H]],
  ['output.weight', [1, H]],
  ['output.bias', [1]],
] as const;
const TARGETS = { returns: [3, -2, 0.5], oldValues: [0.5, 0.5, 0.5] };
const CLIP = { clipRange: 0.4 };
const numbers = (shape: readonly number[], phase: number) =>
  Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(phase + 2.3 * i));
const HIDDEN = numbers([N, D], 0.4);

function named(tensors: readonly Tensor[]): ValueHeadWeights {
  return Object.fromEntries(SHAPES.map(([name], i) => [name, tensors[i]])) as never;
}

/** The head on plain numbers, by its equation; `drop` gives the factor of each number. */
function byHand(
  h: readonly number[],
  [w, b, W1, b1, w2, b2]: readonly (readonly number[])[],
  drop: (layer: string, count: number) => readonly number[] = (_, count) => Array(count).fill(1),
): number[] {
  const dropNormal = drop('inner', N * D);
  const dropInner = drop('output', N * H);
  return Array.from({ length: N }, (_, n) => {
    const row = h.slice(n * D, (n + 1) * D);
    const mean = row.reduce((sum, v) => sum + v, 0) / D;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / D;
    const normal = row.map(
      (v, d) => ((w[d] * (v - mean)) / Math.sqrt(variance + 1e-5) + b[d]) * dropNormal[n * D + d],
    );
    return Array.from({ length: H }, (_, k) => {
      const inner = normal.reduce((sum, v, d) => sum + W1[k * D + d] * v, b1[k]);
      return w2[k] * Math.max(0, inner) * dropInner[n * H + k];
    }).reduce((sum, v) => sum + v, b2[0]);
  });
}

const factors = (layer: string, count: number) => {
  const random = keyedRandom(9, 'value dropout', 2, layer);
  return Array.from({ length: count }, () => (random.next() < 0.3 ? 0 : 1 / 0.7));
};

function headCase(
  name: string,
  options: () => ApplyValueHeadOptions,
  drop?: (layer: string, count: number) => readonly number[],
  stopped: readonly number[] = [],
): OpCase {
  return {
    name,
    op: (hidden, ...weights) => applyValueHead(hidden, named(weights), CONFIG, options()),
    inputs: [
      { shape: [N, D], values: HIDDEN },
      ...SHAPES.map(([, shape], i) => ({ shape, values: numbers(shape, i) })),
    ],
    reference: (hidden, ...weights) => byHand(hidden, weights, drop),
    stopped,
  };
}

describe.each(await availableBackends())('the value head on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it.each([
    headCase('at evaluation', () => ({})),
    headCase('with dropout', () => ({ dropout: headDropout(9, 2) }), factors),
    headCase('with hidden states held constant', () => ({ trainsHidden: false }), undefined, [0]),
    {
      ...headCase('under the clipped value loss', () => ({})),
      op: (hidden, ...weights) =>
        hostLoss(applyValueHead(hidden, named(weights), CONFIG), (V) =>
          valueLoss(V, TARGETS, CLIP),
        ),
      reference: (hidden, ...weights) => [valueLoss(byHand(hidden, weights), TARGETS, CLIP).loss],
    },
  ])('$name: value and gradients agree with float64, and no tensor is left', (c) => {
    const errors = opErrors(c);
    expect(errors.value).toBeLessThan(1e-5);
    expect(errors.gradient).toBeLessThan(5e-4);
    expect(errors.leaked).toBe(0);
  });

  it('drops by seed and step, and not at evaluation', () => {
    const weights = initValueHead(CONFIG, 1);
    const hidden = tensor(HIDDEN, [N, D]);
    const values = (options: ApplyValueHeadOptions) => [
      ...tidy(() => applyValueHead(hidden, weights, CONFIG, options)).dataSync(),
    ];
    const dropped = values({ dropout: headDropout(9, 2) });
    expect(values({ dropout: headDropout(9, 2) })).toEqual(dropped);
    expect(values({ dropout: headDropout(9, 3) })).not.toEqual(dropped);
    expect(values({ dropout: headDropout(8, 2) })).not.toEqual(dropped);
    expect(values({})).not.toEqual(dropped);
    expect(values({})).toEqual(values({}));
  });

  it('draws the same weights from the same seed, with the deviations that it promises', () => {
    const before = countTensors();
    const config = { width: 64, innerWidth: 256 };
    const [one, same, other] = [1, 1, 2].map((seed) => initValueHead(config, seed));
    expect(countTensors() - before).toBe(18);
    const inner = one['inner.weight'].dataSync();
    expect(same['inner.weight'].dataSync()).toEqual(inner);
    expect(other['inner.weight'].dataSync()).not.toEqual(inner);
    const deviation = (values: ArrayLike<number>) =>
      Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length);
    // The deviation of n normal numbers is known to 1/√(2n): here to 0.6 and to 4.4 percent.
    expect(deviation(inner) / Math.sqrt(2 / 64)).toBeCloseTo(1, 1);
    expect(Math.abs(deviation(one['output.weight'].dataSync()) * Math.sqrt(257) - 1)).toBeLessThan(
      0.2,
    );
    expect([...one['norm.weight'].dataSync()]).toEqual(Array(64).fill(1));
    expect([...one['inner.bias'].dataSync()]).toEqual(Array(256).fill(0));
    dispose([one, same, other] as never);
  });

  it('takes half the width inside, rounded up, where none is given', () => {
    const weights = initValueHead({ width: 1 }, 0);
    expect(weights['inner.weight'].shape).toEqual([1, 1]);
    dispose(weights as never);
  });

  it('gives no values for no states', () => {
    const weights = initValueHead(CONFIG, 1);
    expect(applyValueHead(tensor([], [0, D]), weights, CONFIG).shape).toEqual([0]);
  });

  it('refuses hidden states of another width', () => {
    const weights = initValueHead(CONFIG, 1);
    expect(() => applyValueHead(tensor([1, 2], [1, 2]), weights, CONFIG)).toThrow(
      'applyValueHead: needs hidden states of shape [N, 4], got [1, 2]',
    );
  });
});

it.each([0, 2.5, Number.NaN])('refuses the width %d', (width) => {
  expect(() => initValueHead({ width }, 1)).toThrow(`width needs a positive integer, got ${width}`);
});
