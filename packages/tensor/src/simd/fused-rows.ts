import type { Tensor } from '../types.js';
import { fusedOp } from './fused.js';
import { hostArray, hostTensor } from './host-arrays.js';
import type { Kernels } from './kernels.js';

/** `gatherRows`; its gradient writes each row of the table once and adds to those that were picked. */
export function fusedGatherRows(kernels: Kernels, x: Tensor, ids: Int32Array): Tensor {
  const [rows, ...rest] = x.shape;
  const width = x.size / rows;
  return fusedOp([x], ([x]) => {
    const out = hostTensor([ids.length, ...rest]);
    kernels.gatherRows(out.data, hostArray(x), ids, ids.length, rows, width);
    return {
      value: out.tensor,
      saved: [],
      gradient: (dy) => {
        const dx = hostTensor([rows, ...rest]);
        dx.data.fill(0);
        kernels.addRows(dx.data, dy, ids, ids.length, rows, width);
        return [dx.tensor];
      },
    };
  });
}
