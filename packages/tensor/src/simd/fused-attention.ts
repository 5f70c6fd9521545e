import type { Tensor } from '../types.js';
import type { SegmentAttentionOptions, Segments } from './attention-kernels.js';
import { fusedOp } from './fused.js';
import { hostArray, hostTensor } from './host-arrays.js';
import type { Kernels } from './kernels.js';

/** What `segmentAttention` gives, and what its gradient needs of it. */
export interface KnownAttention {
  /** [N, H · Dh] */
  readonly out: Tensor;
  /** [N, H] log Σ e^score of each row and head */
  readonly logSums: Tensor;
}

/** `segmentAttention`, which keeps the log of the sum of exponentials of each row and head for its gradient. */
export function fusedAttention(
  kernels: Kernels,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { prefixStart, prefixLength, start, length }: Segments,
  { headSize, scale, softcap = 0, window = 0 }: SegmentAttentionOptions,
  known?: KnownAttention,
): Tensor {
  const [rows, width] = q.shape as [number, number];
  const keyHeads = (k.shape[1] as number) / headSize;
  const heads = width / headSize;
  const rest = [rows, heads, keyHeads, headSize, scale, softcap, window] as const;
  const view = [prefixStart, prefixLength, start, length, start.length, ...rest] as const;
  const shapes = [q.shape, k.shape, v.shape] as const;
  const attend = (q: Tensor, k: Tensor, v: Tensor): KnownAttention => {
    const [out, logSums] = [hostTensor(q.shape), hostTensor([rows, heads])];
    const operands = [hostArray(q), hostArray(k), hostArray(v)] as const;
    kernels.segmentAttention(out.data, logSums.data, ...operands, ...view);
    return { out: out.tensor, logSums: logSums.tensor };
  };
  return fusedOp([q, k, v], ([q, k, v]) => {
    const { out, logSums } = known ?? attend(q, k, v);
    return {
      value: out,
      saved: [q, k, v, out],
      made: [logSums],
      gradient: (dy, [q, k, v, out, logSums]) => {
        const [dq, dk, dv] = shapes.map((shape) => hostTensor(shape));
        const known = [dy, out, logSums, q, k, v] as const;
        kernels.segmentAttentionGradient(dq.data, dk.data, dv.data, ...known, ...view);
        return [dq.tensor, dk.tensor, dv.tensor];
      },
    };
  });
}
