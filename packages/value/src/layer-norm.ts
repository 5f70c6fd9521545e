import { add, mean, mul, rsqrt, square, sub, type Tensor, tidy } from '@grpo/tensor';

/**
 * Layer norm: y = w · (x − μ) / √(σ² + ε) + b, with the mean μ and the variance σ² of each row, divided by D.
 * Ba et al. 2016, section 3, https://arxiv.org/abs/1607.06450; ε as torch.nn.LayerNorm has it.
 * A row of equal numbers gives b.
 *
 * @param x [N, D] receives gradient
 * @param weight [D] receives gradient
 * @param bias [D] receives gradient
 * @param epsilon added to the variance
 * @returns [N, D]
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  return tidy(() => {
    const centered = sub(x, mean(x, -1, true)); // [N, D]
    const variance = mean(square(centered), -1, true); // [N, 1]
    const normal = mul(centered, rsqrt(add(variance, epsilon))); // [N, D]
    return add(mul(normal, weight), bias); // [N, D]
  });
}
