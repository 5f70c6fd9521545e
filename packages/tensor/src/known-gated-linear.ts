import { type KeptLinear, knownGated } from './simd/fused-gated.js';
import { simdKernels } from './simd/host-arrays.js';
import type { Tensor } from './types.js';

/**
 * y = silu(x Gᵀ) · x Uᵀ where both products have been computed before, from the same numbers, on the simd backend alone:
 * neither is computed again nor copied. Shazeer 2020, equation 6, https://arxiv.org/abs/2002.05202.
 *   ∂g = ∂y · u (σ(g) + g σ(g) (1 − σ(g))),  ∂u = ∂y · silu(g),  ∂x = ∂g G + ∂u U,  ∂G = ∂gᵀ x,  ∂U = ∂uᵀ x.
 *
 * @param x [N, in] receives gradient
 * @param gate G and x Gᵀ
 * @param up U and x Uᵀ
 * @param rows [N] where the results of each row of x stand
 * @returns [N, F]
 * @throws on another backend: `simdKernels` tells
 */
export function knownGatedLinear(
  x: Tensor,
  gate: KeptLinear,
  up: KeptLinear,
  rows: Int32Array,
): Tensor {
  const kernels = simdKernels();
  if (kernels) return knownGated(kernels, x, gate, up, rows);
  throw new Error('knownGatedLinear: needs the simd backend, got another. Use swiGlu there.');
}
