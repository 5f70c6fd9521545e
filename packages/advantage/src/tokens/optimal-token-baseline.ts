import type { GroupId } from '../types.js';
import { discountedReturns, type TokenAdvantages } from './gae.js';
import { checkTokens, type Floats, type TokenLayout } from './token-batch.js';

export interface OptimalTokenInput extends TokenLayout {
  /** [B, T] reward of each token. */
  readonly rewards: Floats;
  /** [B] */
  readonly groupIds: readonly GroupId[];
  /** [B, T] log-probs at rollout time, in nats. */
  readonly oldLogProbs: Floats;
  /** [B, T] sum over the vocabulary of the squared probabilities, Σπ². */
  readonly squaredProbs: Floats;
  /** [B, T] importance weights of an off-policy correction; default 1. */
  readonly weights?: Floats;
}

/**
 * Compares the return from each token on with the group's at the same place, weighted by how much
 * gradient each sequence has gathered so far:
 *
 *     wₜ = ρₜ²·(1 − 2πₜ + Σπ²)      Wₜ = Σ_{s≤t} wₛ
 *     bₜ = Σⱼ Wⱼₜ Gⱼₜ / Σⱼ Wⱼₜ      Aₜ = Gₜ − bₜ
 *
 * The optimal token baseline, as verl has it (`optimal_token_baseline`). t counts the model's own
 * tokens, so that tool tokens in between shift nothing. Where only one sequence of a group is still
 * running (it is longer than all others, or alone), b is 0 as in verl.
 * Departure: no 1e-8 in the denominator, so that equal returns give exactly 0.
 *
 * @returns advantages and returns [B, T]; 0 at masked positions
 * @throws where shapes differ or a number at an unmasked position is not finite
 */
export function optimalTokenBaseline(input: OptimalTokenInput): TokenAdvantages {
  const { rewards, mask, shape, groupIds, oldLogProbs, squaredProbs, weights } = input;
  const [B, T] = shape;
  checkTokens('optimalTokenBaseline', input, {
    oldLogProbs,
    squaredProbs,
    ...(weights && { weights }),
  });
  if (groupIds.length !== B) {
    throw new Error(
      `optimalTokenBaseline: groupIds needs shape [${B}], got [${groupIds.length}]. Pass one id per sequence.`,
    );
  }
  const returns = discountedReturns({ rewards, mask, shape }); // [B, T]
  const gathered = new Float64Array(B * T); // [B, T]
  const places = new Map<GroupId, number[][]>(); // group -> ordinal of the token -> positions
  for (let b = 0; b < B; b++) {
    const ordinals = places.get(groupIds[b]) ?? [];
    places.set(groupIds[b], ordinals);
    let energy = 0;
    let ordinal = 0;
    for (let i = b * T; i < (b + 1) * T; i++) {
      if (mask[i] === 0) continue;
      const rho = weights?.[i] ?? 1;
      energy += rho ** 2 * (1 - 2 * Math.exp(oldLogProbs[i]) + squaredProbs[i]);
      gathered[i] = energy;
      ordinals[ordinal] = [...(ordinals[ordinal] ?? []), i];
      ordinal += 1;
    }
  }
  const advantages = new Float64Array(B * T); // [B, T]
  for (const positions of [...places.values()].flat()) {
    const baseline = positions.length === 1 ? 0 : weightedMean(returns, gathered, positions);
    for (const i of positions) advantages[i] = returns[i] - baseline;
  }
  return { advantages, returns };
}

/** `Σ Wᵢ Gᵢ / Σ Wᵢ`, measured from the first value so that equal ones give it exactly. */
function weightedMean(values: Float64Array, weights: Float64Array, positions: readonly number[]) {
  const origin = values[positions[0]];
  let sum = 0;
  let total = 0;
  for (const i of positions) {
    sum += weights[i] * (values[i] - origin);
    total += weights[i];
  }
  return total > 0 ? origin + sum / total : origin;
}
