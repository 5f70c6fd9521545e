/**
 * Gives long sequences a λ nearer to 1, so that the reward at their end still reaches their start:
 * `λ(l) = 1 − 1/(α·l)`, which makes Σₜ λᵗ = α·l.
 *
 * Yue et al. 2025, VAPO, https://arxiv.org/abs/2504.05118. Below l = 1/α, where the
 * formula is negative, λ is 0. VAPO uses it for the policy and λ = 1 for the value function: call
 * `gae` once with each.
 *
 * @param lengths [B] the model's tokens of each sequence
 * @param options.alpha share of a sequence over which credit spreads; default 0.05
 * @returns λ [B], for `gae`
 * @example lengthAdaptiveLambda([10, 100]) // [0, 0.8]
 */
export function lengthAdaptiveLambda(
  lengths: readonly number[],
  { alpha = 0.05 }: { readonly alpha?: number } = {},
): Float64Array {
  if (!(alpha > 0)) {
    throw new Error(`lengthAdaptiveLambda: alpha needs a number above 0, got ${alpha}. Use 0.05.`);
  }
  return Float64Array.from(lengths, (length) => Math.max(0, 1 - 1 / (alpha * length)));
}
