import { selectLargest } from './select-largest.js';

/** How logits become the distribution that a token is drawn from. */
export interface Shaping {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** Only the k most probable tokens, and those as probable as the last of them. */
  readonly topK?: number;
  /** Only the smallest set of most probable tokens that holds this much probability. */
  readonly topP?: number;
  /** Only tokens at least so probable, as a share of the most probable one. */
  readonly minP?: number;
  /** Logits of tokens in `seen` are divided by it where positive, multiplied where negative. */
  readonly repetitionPenalty?: number;
}

/** What earlier tokens mean for the next one. */
export interface TokenContext {
  /** Ids of the prompt and of what was sampled. */
  readonly seen?: Iterable<number>;
  /** Ids that cannot be drawn now. */
  readonly forbidden?: readonly number[];
}

export interface NextToken {
  readonly id: number;
  /** ln softmax(logits / T)[id]: no penalty, nothing cut off. In nats; at T = 1 for temperature 0. */
  readonly logProb: number;
  /** Its log-prob in the distribution that it was drawn from; for temperature 0, in the penalised one at T = 1. */
  readonly sampledLogProb: number;
}

/**
 * Draws a token: penalty, forbidden ids, temperature, top-k, top-p, min-p, in the order of transformers' processors
 * (https://github.com/huggingface/transformers, generation/logits_process.py). In float64, on numbers shifted by
 * their maximum.
 *
 * Departure: of tokens that are equally probable at the edge of top-p, those with the lower ids stay.
 *
 * @param logits [V] unnormalised log-probs
 * @param uniform one draw from [0, 1); not used at temperature 0
 * @param scratch [V] overwritten; hand in the same one for every token
 * @throws if a logit is NaN, none is finite, or every id is forbidden
 */
export function nextToken(
  logits: Float32Array,
  shaping: Shaping,
  uniform: number,
  context: TokenContext = {},
  scratch: Float64Array = new Float64Array(logits.length),
): NextToken {
  const { temperature, topK, topP = 1, minP = 0, repetitionPenalty = 1 } = shaping;
  const divisor = temperature === 0 ? 1 : temperature;
  const isPenalised = repetitionPenalty !== 1 && context.seen !== undefined;
  const isForbidding = context.forbidden !== undefined && context.forbidden.length > 0;
  const isCut = temperature !== 0 && (topK !== undefined || topP < 1 || minP > 0);

  const top = logits[argMax(logits)];
  const total = toWeights(logits, scratch, top, divisor); // Σ exp((z − top) / T)
  if (!Number.isFinite(top) || !Number.isFinite(total)) {
    throw new Error(
      `nextToken: needs finite logits, got a maximum of ${top} and a total of ${total}. The weights hold numbers that are not finite: lower the learning rate or go back to a checkpoint.`,
    );
  }
  const logTotal = Math.log(total);
  const logProb = (id: number) => (logits[id] - top) / divisor - logTotal;
  if (!isPenalised && !isForbidding && !isCut) {
    const id = temperature === 0 ? argMax(logits) : drawn(scratch, uniform * total);
    return { id, logProb: logProb(id), sampledLogProb: logProb(id) };
  }

  const changed = isPenalised || isForbidding ? logits.slice() : logits;
  if (isPenalised) penalise(changed, new Set(context.seen), repetitionPenalty);
  if (isForbidding) for (const id of context.forbidden ?? []) changed[id] = -Infinity;
  const best = argMax(changed);
  const shift = changed[best];
  if (shift === -Infinity) {
    throw new Error(
      'nextToken: needs at least one id that may be drawn, got only forbidden ones. Take fewer stop ids or minTokens 0.',
    );
  }
  let kept = total;
  if (changed !== logits) kept = toWeights(changed, scratch, shift, divisor);
  if (isCut) kept = cutTail(scratch, changed, kept, { topK, topP, minP });
  const id = temperature === 0 ? best : drawn(scratch, uniform * kept);
  const sampledLogProb = (changed[id] - shift) / divisor - Math.log(kept);
  return { id, logProb: logProb(id), sampledLogProb };
}

function argMax(logits: Float32Array): number {
  let best = 0;
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[best]) best = v;
  return best;
}

/** weights[v] = exp((z[v] − shift) / T); returns their sum. */
function toWeights(
  logits: Float32Array,
  weights: Float64Array,
  shift: number,
  divisor: number,
): number {
  let total = 0;
  for (let v = 0; v < logits.length; v++) {
    const weight = Math.exp((logits[v] - shift) / divisor);
    weights[v] = weight;
    total += weight;
  }
  return total;
}

/** Keskar et al. 2019, https://arxiv.org/abs/1909.05858, equation 2, with the sign handled as transformers does. */
function penalise(logits: Float32Array, seen: ReadonlySet<number>, penalty: number): void {
  for (const id of seen) logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
}

/** Sets the weights that top-k, top-p and min-p cut off to 0; returns the sum of the others. */
function cutTail(
  weights: Float64Array,
  logits: Float32Array,
  total: number,
  { topK, topP, minP }: { topK: number | undefined; topP: number; minP: number },
): number {
  let sum = total;
  if (topK !== undefined && topK < weights.length) {
    const { value } = selectLargest(new Float64Array(logits), topK, () => 1);
    sum = keepWhere(weights, (_, v) => logits[v] >= value);
  }
  if (topP < 1) {
    const left = topK === undefined ? weights.slice() : weights.filter((weight) => weight > 0);
    let { value, ties } = selectLargest(left, topP * sum, (weight) => weight);
    sum = keepWhere(weights, (weight) => weight > value || (weight === value && ties-- > 0));
  }
  if (minP > 0) {
    // The largest weight is 1, because logits are shifted by their maximum.
    sum = keepWhere(weights, (weight) => weight >= minP);
  }
  return sum;
}

function keepWhere(weights: Float64Array, isKept: (weight: number, id: number) => boolean): number {
  let sum = 0;
  for (let v = 0; v < weights.length; v++) {
    const weight = weights[v];
    if (isKept(weight, v)) sum += weight;
    else weights[v] = 0;
  }
  return sum;
}

/** The first id at which the running sum of weights passes the target. */
function drawn(weights: Float64Array, target: number): number {
  let sum = 0;
  let last = 0;
  for (let v = 0; v < weights.length; v++) {
    const weight = weights[v];
    if (weight === 0) continue;
    sum += weight;
    last = v;
    if (sum > target) return v;
  }
  return last; // rounding left the target at the very end
}
