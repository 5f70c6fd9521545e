import type { Tensor } from '../types.js';
import { fusedOp } from './fused.js';
import { hostArray, hostTensor } from './host-arrays.js';
import type { Kernels } from './kernels.js';

/** `rmsNorm`, one pass over memory each way. */
export function fusedRmsNorm(kernels: Kernels, x: Tensor, weight: Tensor, epsilon: number): Tensor {
  const width = weight.size;
  const rows = x.size / width;
  return fusedOp([x, weight], ([x, weight]) => {
    const [out, r] = [hostTensor(x.shape), hostTensor([rows])];
    const [numbers, scale] = [hostArray(x), hostArray(weight)];
    kernels.rmsNorm(out.data, numbers, scale, rows, width, epsilon, 0, r.data);
    return {
      value: out.tensor,
      saved: [x, weight],
      made: [r.tensor],
      gradient: (dy, [x, weight, r]) => {
        const [dx, dw] = [hostTensor(out.tensor.shape), hostTensor([width])];
        kernels.rmsNormGradient(dx.data, dw.data, dy, x, weight, r, rows, width, 0);
        return [dx.tensor, dw.tensor];
      },
    };
  });
}

/** `layerNorm`, one pass over memory each way. */
export function fusedLayerNorm(
  kernels: Kernels,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  epsilon: number,
): Tensor {
  const width = weight.size;
  const rows = x.size / width;
  return fusedOp([x, weight, bias], ([x, weight, bias]) => {
    const [out, mean, r] = [hostTensor(x.shape), hostTensor([rows]), hostTensor([rows])];
    const [numbers, w, b] = [x, weight, bias].map(hostArray);
    kernels.layerNorm(out.data, numbers, w, b, rows, width, epsilon, mean.data, r.data);
    return {
      value: out.tensor,
      saved: [x, weight],
      made: [mean.tensor, r.tensor],
      gradient: (dy, [x, weight, mean, r]) => {
        const [dx, dw, db] = [
          hostTensor(out.tensor.shape),
          hostTensor([width]),
          hostTensor([width]),
        ];
        kernels.layerNormGradient(dx.data, dw.data, db.data, dy, x, weight, mean, r, rows, width);
        return [dx.tensor, dw.tensor, db.tensor];
      },
    };
  });
}
