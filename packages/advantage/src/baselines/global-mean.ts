import { pick, scoredIndices } from '../score.js';
import { mean } from '../statistics.js';
import type { Baseline } from '../types.js';

/**
 * Compares a score with the mean of the whole batch: `bᵢ = (1/B) Σⱼ Rⱼ`. A hard task's completions
 * all come out below it, an easy one's above.
 *
 * Hu 2025, REINFORCE++, https://arxiv.org/abs/2501.03262.
 */
export function globalMean(): Baseline {
  return (scored) => {
    const center = mean(pick(scored.scores, scoredIndices(scored)));
    return new Float64Array(scored.scores.length).fill(center); // [B]
  };
}
