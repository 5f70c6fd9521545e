import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/** How scores are scaled before the softmax. */
export interface AttentionOptions {
  /** Multiplies q kᵀ. Default 1 / √Dh. */
  readonly scale?: number;
  /** Keeps the scaled scores between −softcap and softcap, as `softCap` does, before the bias. Default: no cap. */
  readonly softcap?: number;
}

/**
 * Scaled dot-product attention: y = softmax(q kᵀ / √Dh + bias) v.
 * Vaswani et al. 2017, equation 1, https://arxiv.org/abs/1706.03762.
 * Grouped-query attention (Ainslie et al. 2023, https://arxiv.org/abs/2305.13245) comes by folding the
 * query heads of one key head into the query rows, so that keys and values are never repeated.
 *
 * With P = softmax(…): ∂v = Pᵀ ∂y, ∂S = P · (∂P − rowsum(∂P · P)) with ∂P = ∂y vᵀ, ∂q = ∂S k / √Dh, ∂k = ∂Sᵀ q / √Dh.
 * Soft-capped scores (Gemma Team 2024, section 2, https://arxiv.org/abs/2408.00118) multiply ∂S by 1 − (S / cap)².
 *
 * @param q [B, Hkv, R·Tq, Dh] receives gradient; R = query heads per key head, folded into the rows
 * @param k [B, Hkv, T, Dh] receives gradient
 * @param v [B, Hkv, T, Dh] receives gradient
 * @param bias broadcastable to the scores [B, Hkv, R·Tq, T], constant; −1e9 hides a position
 * @returns [B, Hkv, R·Tq, Dh]
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  bias: Tensor,
  { scale = 1 / Math.sqrt(q.shape.at(-1) ?? 1), softcap }: AttentionOptions = {},
): Tensor {
  return tf.customGrad((...args) => {
    const [qIn, kIn, vIn, save] = args as unknown as [Tensor, Tensor, Tensor, tf.GradSaveFunc];
    const [p, squashed] = tf.tidy(() => {
      const product = tf.matMul(qIn, kIn, false, true); // [B, Hkv, R·Tq, T]
      if (softcap === undefined) return [tf.softmax(tf.add(tf.mul(product, scale), bias))];
      const squashed = tf.tanh(tf.mul(product, scale / softcap)); // S / cap
      return [tf.softmax(tf.add(tf.mul(squashed, softcap), bias)), squashed];
    }) as [Tensor, Tensor?];
    save(squashed === undefined ? [qIn, kIn, vIn, p] : [qIn, kIn, vIn, p, squashed]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [q, k, v, p, squashed] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor?];
      return tf.tidy(() => {
        const dv = tf.matMul(p, dy, true, false); // [B, Hkv, T, Dh]
        const dp = tf.matMul(dy, v, false, true); // [B, Hkv, R·Tq, T]
        const weighted = tf.mul(dp, p); // [B, Hkv, R·Tq, T]
        const capped = tf.mul(tf.sub(weighted, tf.mul(p, tf.sum(weighted, -1, true))), scale);
        const ds = squashed ? tf.mul(capped, tf.sub(1, tf.square(squashed))) : capped;
        return [tf.matMul(ds, k), tf.matMul(ds, q, true, false), dv];
      });
    };
    return { value: tf.matMul(p, vIn), gradFunc };
  })(q, k, v);
}
