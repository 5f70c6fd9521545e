import type { SegmentAttentionOptions, Segments } from './simd/attention-kernels.js';
import { fusedAttention, type KnownAttention } from './simd/fused-attention.js';
import { simdKernels } from './simd/host-arrays.js';
import type { Tensor } from './types.js';

/**
 * Causal attention over packed rows, on the simd backend alone: y = softmax(scale · q kᵀ) v, where a query sees the
 * prefix of its segment and the rows of the segment up to its own. Places count from the first row of the prefix.
 * Neither padding nor scores are held; the gradient computes the scores again.
 * Dao et al. 2022, algorithms 1 and 4, https://arxiv.org/abs/2205.14135; grouped queries as in `attention`.
 *
 * @param q [N, H · Dh] receives gradient
 * @param k [N, Hkv · Dh] receives gradient; where several segments share a prefix, the sum over them
 * @param v [N, Hkv · Dh] receives gradient, as `k`
 * @param segments each row stands in one of them; a row in none gets 0
 * @param known the result, where it has been computed before from the same numbers; must not be used otherwise
 * @returns [N, H · Dh]
 * @throws on another backend: `simdKernels` tells
 */
export function segmentAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  segments: Segments,
  options: SegmentAttentionOptions,
  known?: KnownAttention,
): Tensor {
  const kernels = simdKernels();
  if (kernels) return fusedAttention(kernels, q, k, v, segments, options, known);
  throw new Error('segmentAttention: needs the simd backend, got another. Use attention there.');
}
