import type { Random } from '@grpo/random';
import { mul, type Tensor, tensor, tidy } from '@grpo/tensor';

/**
 * Inverted dropout: yᵢ = xᵢ · kᵢ / (1 − p), with kᵢ = 0 at probability p and 1 otherwise, so that E[y] = x.
 * Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html; the division by 1 − p stands in
 * training, so that evaluation leaves x alone.
 *
 * @param x any shape; receives gradient
 * @param rate p, in [0, 1); 0 returns x itself and draws nothing
 * @param random one draw for each number of x, row-major
 * @returns the shape of x
 * @throws if p is outside [0, 1)
 */
export function dropout(x: Tensor, rate: number, random: Random): Tensor {
  if (!(rate >= 0 && rate < 1)) {
    throw new Error(
      `dropout: needs a rate from 0 to below 1, got ${rate}. Pass the share of numbers to set to 0.`,
    );
  }
  if (rate === 0) return x;
  const kept = 1 / (1 - rate);
  const mask = Float32Array.from({ length: x.size }, () => (random.next() < rate ? 0 : kept));
  return tidy(() => mul(x, tensor(mask, x.shape)));
}
