import { add, matMul, mul, type Product, type Tensor } from '@grpo/tensor';

/** How the weight of a projection lies in the file, and so in memory: [out, in], or [in, out] as GPT-2 has it. */
export type StoredAs = 'out-in' | 'in-out';

/** What low-rank adaptation adds to a projection: s · drop(x) Aᵀ Bᵀ. */
export interface LinearAdapter {
  /** A [r, in] receives gradient */
  readonly a: Tensor;
  /** B [out, r] receives gradient */
  readonly b: Tensor;
  /** s */
  readonly scale: number;
  /** What is done to x before A, such as dropout. [N, in] → [N, in] */
  readonly drop?: ((x: Tensor) => Tensor) | undefined;
}

export interface LinearOptions {
  /** Default [out, in]. */
  readonly stored?: StoredAs | undefined;
  /** Hu et al. 2021, equation 3, https://arxiv.org/abs/2106.09685. Default: none. */
  readonly adapter?: LinearAdapter | undefined;
  /** Default: in float32. */
  readonly product?: Product;
}

/**
 * A projection, y = x Wᵀ + b, and what an adapter adds to it.
 *
 * @param x [N, in] receives gradient
 * @param weight [out, in] or as `stored` says; receives gradient
 * @param bias [out] receives gradient
 * @returns [N, out]
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stored = 'out-in', adapter, product = matMul as Product }: LinearOptions = {},
): Tensor {
  let y = product(x, weight, false, stored === 'out-in'); // [N, out]
  if (bias !== undefined) y = add(y, bias); // [N, out]
  if (adapter === undefined) return y;
  const { a, b, scale, drop = (input: Tensor) => input } = adapter;
  const low = mul(product(drop(x), a, false, true), scale) as Tensor; // [N, r]
  return add(y, product(low, b, false, true)); // [N, out]
}
