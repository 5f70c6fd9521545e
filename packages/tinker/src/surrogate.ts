import { datumOf } from './protocol/datum.js';
import type { Carrier, Datum, Reduction } from './types.js';

/** A sequence with the gradient that the server is to take. */
export interface GradientRow {
  /** [T] */
  readonly ids: readonly number[];
  /** [T − 1] log-probs of the targets as the server told them. */
  readonly logProbs: readonly number[];
  /** [T − 1] g = ∂L/∂lp of our loss L; 0 where the loss does not look. */
  readonly gradients: readonly number[];
}

/**
 * Datums whose loss on the server has the gradient of ours, whatever ours is.
 *
 * For a loss L(lp) of the targets' log-probs, a loss that is linear in them with the slope g = ∂L/∂lp has the
 * gradient Σ g · ∂lp/∂θ = ∂L/∂θ in the weights (chain rule). The server's losses per token, r = exp(lp − logprobs):
 *
 *     cross_entropy        −w · lp      w = −g
 *     importance_sampling  −A · r · lp' A = −g · c, logprobs = lp, so that r = 1
 *
 * c undoes the server's reduction: 1 for `sum`; N · T_i for `skyrl-jax`, which divides a datum of T_i targets by T_i
 * and the step by its N datums. So all datums of an optimizer step are made together.
 *
 * https://tinker-docs.thinkingmachines.ai/losses (the custom loss)
 *
 * @param rows N rows of one optimizer step, all of it
 */
export function surrogateData(
  rows: readonly GradientRow[],
  carrier: Carrier,
  reduction: Reduction,
): Datum[] {
  return rows.map(({ ids, logProbs, gradients }) => {
    if (carrier === 'cross_entropy') {
      return datumOf(ids, { weights: gradients.map((g) => -g) });
    }
    const c = reduction === 'sum' ? 1 : rows.length * gradients.length;
    return datumOf(ids, { logprobs: logProbs, advantages: gradients.map((g) => -g * c) });
  });
}

/** The carrier for a reduction. @throws where the asked one gives a wrong gradient */
export function carrierFor(reduction: Reduction, asked?: Carrier): Carrier {
  if (reduction === 'skyrl-jax' && asked === 'cross_entropy') {
    throw new Error(
      'tinkerPolicy: needs the carrier importance_sampling for the reduction skyrl-jax, got cross_entropy, which that server divides by the sum of the weights. Leave out carrier.',
    );
  }
  return asked ?? (reduction === 'sum' ? 'cross_entropy' : 'importance_sampling');
}
