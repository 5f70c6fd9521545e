import { topEntropyMask } from './corrections/top-entropy.js';
import { rowSums } from './numbers.js';
import { reductions, resolveController } from './registries.js';
import type { Named } from './registry.js';
import type { Controller, EntropyBonus, Reduction } from './types.js';

/** Options of `entropyBonus`. */
export interface EntropyBonusOptions {
  /** Weight η of the entropy, or a controller that changes it. */
  readonly coefficient: number | Controller | Named;
  /** Share of tokens, those of highest entropy, that count; default 1: all. */
  readonly fraction?: number;
  /** How token entropies become one number; default the mean over all tokens of the step. */
  readonly reduction?: Reduction | Named;
}

/**
 * Pays the policy for staying undecided: `η·Σₜ cₜ·Hₜ`, subtracted from the loss.
 *
 * Mnih et al. 2016, https://arxiv.org/abs/1602.01783. The gradient goes to the entropies, which the
 * engine has to provide with a graph.
 * Metrics: `policy_loss`, the loss without the bonus; `entropy_coef`, η.
 *
 * @throws where the batch has no `entropies`
 */
export function entropyBonus({
  coefficient,
  fraction = 1,
  reduction = 'token-mean',
}: EntropyBonusOptions): EntropyBonus {
  const reduce = reductions.resolve(reduction);
  const eta = resolveController(coefficient);
  const bonus: EntropyBonus = (batch) => {
    const { entropies, mask, shape } = batch;
    if (!entropies) {
      throw new Error(
        'entropyBonus: an entropy bonus needs entropies, got none. Ask the engine for them.',
      );
    }
    const counted = fraction < 1 ? topEntropyMask(batch, fraction) : mask; // [B, T]
    const c = reduce({ ...batch, mask: counted, lengths: rowSums(counted, shape) }); // [B, T]
    const gradEntropies = c.map((share) => eta.value * share); // [B, T]
    const value = gradEntropies.reduce((sum, weight, i) => sum + weight * entropies[i], 0);
    return { value, gradEntropies, metrics: { entropy_coef: eta.value } };
  };
  return typeof coefficient === 'number' ? bonus : Object.assign(bonus, { controllers: [eta] });
}
