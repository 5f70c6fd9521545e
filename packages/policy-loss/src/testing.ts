import type { LossInput, PolicyLoss } from './types.js';

/**
 * Returns the gradient of a loss by central differences, `(L(x + h) − L(x − h)) / 2h`, at unmasked
 * positions: the measure that an analytic gradient has to meet.
 *
 * @param argument the input to vary
 * @returns [B, T]; 0 at masked positions. Wrong where a step crosses a kink
 */
export function numericalGradient(
  loss: PolicyLoss,
  input: LossInput,
  argument: 'logProbs' | 'entropies' | 'distributionKl' = 'logProbs',
  step = 1e-6,
): Float64Array {
  const origin = Float64Array.from(input[argument] ?? []);
  const at = (i: number, value: number) => {
    const moved = origin.slice();
    moved[i] = value;
    return loss({ ...input, [argument]: moved }).loss;
  };
  return origin.map((value, i) =>
    input.mask[i] === 0 ? 0 : (at(i, value + step) - at(i, value - step)) / (2 * step),
  );
}

/** A batch of every kind of row, drawn from a seed: ragged, one row fully masked, a hole in another. */
export function exampleInput(
  seed: number,
  { sequences = 6, tokens = 8 }: { readonly sequences?: number; readonly tokens?: number } = {},
): Required<LossInput> {
  const random = mulberry32(seed);
  const fill = (draw: () => number) => Float64Array.from({ length: sequences * tokens }, draw);
  const near = (values: Float64Array, spread: number) =>
    values.map((value) => value + spread * (random() - 0.5));

  const logProbs = fill(() => -3 * random() - 0.01);
  const lengths = Array.from({ length: sequences }, (_, b) =>
    b === 1 ? 0 : 1 + Math.floor(random() * tokens),
  );
  const mask = Float64Array.from({ length: sequences * tokens }, (_, i) =>
    Number(i % tokens < lengths[Math.floor(i / tokens)] && i !== (sequences - 1) * tokens + 1),
  );
  const unmasked = mask.reduce((sum, m) => sum + m, 0);
  return {
    logProbs,
    oldLogProbs: near(logProbs, 0.8),
    refLogProbs: near(logProbs, 1),
    samplerLogProbs: near(logProbs, 0.8),
    entropies: fill(() => 2 * random()),
    distributionKl: fill(() => random()),
    advantages: Float64Array.from({ length: sequences }, (_, b) =>
      b === 0 ? 0 : 4 * (random() - 0.5),
    ),
    mask,
    shape: [sequences, tokens],
    groupIds: Array.from({ length: sequences }, (_, b) => Math.floor(b / 2)),
    step: { tokens: unmasked + 7, sequences: sequences + 2, groups: Math.ceil(sequences / 2) + 1 },
  };
}

/** A small generator with a full period, so that examples are the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}
