import { checkTokens, type Floats, type TokenLayout } from './token-batch.js';

/**
 * Spreads what a completion earned over its tokens: its score at the model's last token, less a
 * penalty at each: `rₜ = R·[t is last] − pₜ`.
 *
 * With `p = β·(log π_old − log π_ref)` this is the reward of PPO with a KL term, and of REINFORCE++.
 * A sequence without unmasked tokens has nowhere to earn; one without a score (NaN) earns 0.
 *
 * @param scores [B]
 * @param options.penalties [B, T]; default none
 * @returns [B, T]; 0 at masked positions
 * @example tokenRewards([2], { mask: [1, 1, 0], shape: [1, 3] }) // [0, 2, 0]
 */
export function tokenRewards(
  scores: Floats,
  layout: TokenLayout,
  { penalties }: { readonly penalties?: Floats } = {},
): Float64Array {
  checkTokens('tokenRewards', layout, penalties ? { penalties } : {});
  const { mask, shape } = layout;
  const [B, T] = shape;
  if (scores.length !== B) {
    throw new Error(
      `tokenRewards: scores needs shape [${B}], got [${scores.length}]. Pass one per sequence.`,
    );
  }
  const rewards = Float64Array.from(mask, (m, i) => (m === 0 ? 0 : 0 - (penalties?.[i] ?? 0))); // [B, T]
  for (let b = 0; b < B; b++) {
    let last = (b + 1) * T - 1;
    while (last >= b * T && mask[last] === 0) last -= 1;
    if (last >= b * T && !Number.isNaN(scores[b])) rewards[last] += scores[b];
  }
  return rewards;
}
