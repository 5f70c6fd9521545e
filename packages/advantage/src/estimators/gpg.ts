import { groupRelative } from '../group-relative.js';
import { ZERO_STD } from '../metrics.js';
import { pick, score } from '../score.js';
import { standardDeviation } from '../statistics.js';
import type { AdvantageEstimator } from '../types.js';

/** Options of `gpg`. */
export interface GpgOptions {
  /**
   * What B is compared with: completions of groups whose scores differ (`varying-groups`, the paper's,
   * default) or completions with a score other than 0 (`nonzero-scores`, verl's).
   */
  readonly count?: 'varying-groups' | 'nonzero-scores';
}

/**
 * Makes up for completions that carry no gradient: `Aᵢ = α·(Rᵢ − μ_group)`, `α = B / B_useful`.
 *
 * Chu et al. 2025, GPG, https://arxiv.org/abs/2504.02546: a group of equal scores has advantages of 0
 * and would dilute the mean over the batch; α undoes that. B counts completions with a score.
 * Where nothing is useful all advantages are 0.
 *
 * @returns advantages [B], and `gpg/alpha`
 * @example gpg()({ rewards: [[1], [0], [1], [1]], groupIds: [1, 1, 2, 2] }).advantages // [1, -1, 0, 0]
 */
export function gpg({ count = 'varying-groups' }: GpgOptions = {}): AdvantageEstimator {
  const centred = groupRelative({ scaling: 'none' });
  return (batch) => {
    const { scores, groups } = score(batch);
    const { advantages, metrics } = centred(batch);
    const B = groups.flat().length;
    const useful =
      count === 'nonzero-scores'
        ? scores.filter((value) => value !== 0 && !Number.isNaN(value)).length
        : groups.filter((members) => standardDeviation(pick(scores, members)) > ZERO_STD).flat()
            .length;
    const alpha = B / Math.max(useful, 1);
    return {
      advantages: advantages.map((advantage) => alpha * advantage), // [B]
      metrics: { ...metrics, 'gpg/alpha': alpha },
    };
  };
}
