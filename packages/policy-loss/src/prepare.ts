import type { Floats, LossBatch, LossInput, RatioLevel } from './types.js';

/**
 * Checks the inputs of a loss once, at its edge, and makes them what the parts of a loss work on:
 * float64, advantages per token, 0 at every masked position.
 *
 * @throws where a shape differs, a mask is not 0 or 1, or an unmasked number is not finite
 */
export function prepare(input: LossInput, level: RatioLevel): LossBatch {
  const { shape, groupIds } = input;
  const [B, T] = checkShape(shape);
  const mask = checkMask(input.mask, shape);
  const unmasked = (name: string, values: Floats, allowsNaN = false) =>
    select(name, values, mask, shape, allowsNaN); // [B, T]
  const optional = (name: 'refLogProbs' | 'entropies' | 'distributionKl') =>
    input[name] && { [name]: unmasked(name, input[name]) };

  const logProbs = unmasked('logProbs', input.logProbs);
  const oldLogProbs = input.oldLogProbs ? unmasked('oldLogProbs', input.oldLogProbs) : logProbs;
  const isPerSequence = input.advantages.length === B;
  const advantages = unmasked(
    'advantages',
    isPerSequence
      ? Array.from(mask, (_, i) => input.advantages[Math.floor(i / T)])
      : input.advantages,
  );
  const lengths = new Float64Array(B); // [B]
  for (let i = 0; i < mask.length; i++) lengths[Math.floor(i / T)] += mask[i];
  if (groupIds && groupIds.length !== B) throw lengthError('groupIds', [B], groupIds.length);

  const batch = {
    shape,
    mask,
    lengths,
    logProbs,
    oldLogProbs,
    logRatios: logProbs.map((logProb, i) => logProb - oldLogProbs[i]), // [B, T]
    advantages,
    ...(isPerSequence && { sequenceAdvantages: Float64Array.from(input.advantages) }),
    ...optional('refLogProbs'),
    ...optional('entropies'),
    ...optional('distributionKl'),
    ...(input.samplerLogProbs && {
      samplerLogProbs: unmasked('samplerLogProbs', input.samplerLogProbs, true),
    }),
    ...(groupIds && { groupIds }),
    step: checkStep(input, lengths),
  };
  return { ...batch, ratios: level(batch) };
}

function select(
  name: string,
  values: Floats,
  mask: Float64Array,
  [B, T]: LossInput['shape'],
  allowsNaN: boolean,
): Float64Array {
  if (values.length !== mask.length) throw lengthError(name, [B, T], values.length);
  const selected = new Float64Array(mask.length);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const value = values[i];
    if (!Number.isFinite(value) && !(allowsNaN && Number.isNaN(value))) {
      throw new Error(
        `policy loss: ${name} needs finite numbers where the mask is 1, got ${value} at [${Math.floor(i / T)}, ${i % T}]. Look for it upstream (a temperature of 0, an overflow in half precision), or mask the token.`,
      );
    }
    selected[i] = value;
  }
  return selected;
}

function checkShape([B, T]: LossInput['shape']): LossInput['shape'] {
  if (Number.isInteger(B) && Number.isInteger(T) && B >= 0 && T >= 0) return [B, T];
  throw new Error(
    `policy loss: shape needs two whole numbers, got [${B}, ${T}]. Pass [sequences, tokens].`,
  );
}

function checkMask(mask: LossInput['mask'], [B, T]: LossInput['shape']): Float64Array {
  if (mask.length !== B * T) throw lengthError('mask', [B, T], mask.length);
  const checked = Float64Array.from(mask);
  const wrong = checked.findIndex((value) => value !== 0 && value !== 1);
  if (wrong === -1) return checked;
  throw new Error(
    `policy loss: mask needs 0 or 1, got ${checked[wrong]} at [${Math.floor(wrong / T)}, ${wrong % T}]. Put weights into the advantages.`,
  );
}

function checkStep({ step, shape }: LossInput, lengths: Float64Array): LossBatch['step'] {
  const own = { tokens: lengths.reduce((sum, n) => sum + n, 0), sequences: shape[0] };
  if (!step) return own;
  const counts = Object.entries({ ...own, ...step }).filter(([, size]) => size !== undefined);
  for (const [name, size] of counts) {
    const isEmpty = own.tokens === 0 && size === 0;
    if (Number.isFinite(size) && (size > 0 || isEmpty)) continue;
    throw new Error(
      `policy loss: step.${name} needs a count above 0, got ${size}. Count all micro-batches of the optimizer step.`,
    );
  }
  return step;
}

function lengthError(name: string, shape: readonly number[], length: number): Error {
  return new Error(
    `policy loss: ${name} needs shape [${shape.join(', ')}], got ${length} numbers. Pass one per position, row by row.`,
  );
}
