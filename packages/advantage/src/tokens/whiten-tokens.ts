import { divisor, type StandardScalingOptions } from '../scalings.js';
import { mean } from '../statistics.js';
import { checkTokens, type Floats, type TokenLayout } from './token-batch.js';

/**
 * Whitens advantages over all unmasked tokens of a batch: `(A − μ) / √(σ² + ε)`, σ² with n − 1.
 *
 * ε = 1e-8 inside the root, as PPO implementations do. Fewer than two unmasked tokens give 0.
 *
 * @param advantages [B, T]
 * @returns [B, T]; 0 at masked positions
 * @example whitenTokens([1, 3, 9], { mask: [1, 1, 0], shape: [1, 3] }) // [-0.707, 0.707, 0]
 */
export function whitenTokens(
  advantages: Floats,
  layout: TokenLayout,
  { epsilon = 1e-8, epsilonPlacement = 'inside', sample = true }: StandardScalingOptions = {},
): Float64Array {
  checkTokens('whitenTokens', layout, { advantages });
  const { mask } = layout;
  const known = Array.from(advantages).filter((_, i) => mask[i] !== 0);
  const center = mean(known);
  const scale = divisor(known, { epsilon, epsilonPlacement, sample });
  return Float64Array.from(advantages, (A, i) => {
    const whitened = mask[i] === 0 ? 0 : (A - center) / scale;
    return Number.isFinite(whitened) ? whitened : 0;
  });
}
