import type { Tensor } from '../types.js';
import { fusedOp } from './fused.js';
import { hostArray, hostTensor } from './host-arrays.js';
import type { Kernels } from './kernels.js';

/** `swiGlu`, one pass over memory each way. */
export function fusedSwiGlu(kernels: Kernels, gate: Tensor, up: Tensor): Tensor {
  const { shape, size } = gate;
  return fusedOp([gate, up], ([gate, up]) => {
    const out = hostTensor(shape);
    kernels.swiGlu(out.data, hostArray(gate), hostArray(up), size);
    return {
      value: out.tensor,
      saved: [gate, up],
      gradient: (dy, [gate, up]) => {
        const [dGate, dUp] = [hostTensor(shape), hostTensor(shape)];
        kernels.swiGluGradient(dGate.data, dUp.data, dy, gate, up, size);
        return [dGate.tensor, dUp.tensor];
      },
    };
  });
}

/** `gelu` or `geluTanh`, one pass over memory each way. */
export function fusedGelu(kernels: Kernels, name: 'gelu' | 'geluTanh', x: Tensor): Tensor {
  const { shape, size } = x;
  return fusedOp([x], ([x]) => {
    const out = hostTensor(shape);
    kernels[name](out.data, hostArray(x), size);
    return {
      value: out.tensor,
      saved: [x],
      gradient: (dy, [x]) => {
        const dx = hostTensor(shape);
        kernels[`${name}Gradient`](dx.data, dy, x, size);
        return [dx.tensor];
      },
    };
  });
}
