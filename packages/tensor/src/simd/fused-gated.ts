import type { Tensor } from '../types.js';
import { fusedOp } from './fused.js';
import { hostTensor } from './host-arrays.js';
import type { Kernels } from './kernels.js';

/** A projection whose results were computed before, and left in rows among others. */
export interface KeptLinear {
  /** W [F, in] receives gradient where `trainsWeight` */
  readonly weight: Tensor;
  readonly trainsWeight: boolean;
  /** [capacity, F], each a row of x Wᵀ; must not change until the gradient is taken */
  readonly results: Float32Array;
}

/** `knownGatedLinear` */
export function knownGated(
  kernels: Kernels,
  x: Tensor,
  gate: KeptLinear,
  up: KeptLinear,
  rows: Int32Array,
): Tensor {
  const count = rows.length;
  const [width, inputs] = gate.weight.shape as [number, number];
  const capacity = gate.results.length / width;
  const picked = [gate.results, up.results, rows, count, capacity, width] as const;
  const trained = [gate, up].map(({ trainsWeight }) => trainsWeight);
  const weights = [gate.weight, up.weight];
  return fusedOp([x, ...weights.filter((_, i) => trained[i])], ([x]) => {
    const out = hostTensor([count, width]);
    kernels.swiGluRows(out.data, ...picked);
    return {
      value: out.tensor,
      saved: [x, ...weights],
      gradient: (dy, [x, ...weights]) => {
        const slopes = [hostTensor([count, width]), hostTensor([count, width])];
        const [dGate, dUp] = slopes.map(({ data }) => data);
        kernels.swiGluRowsGradient(dGate, dUp, dy, ...picked);
        const dx = hostTensor([count, inputs]);
        const rest: Tensor[] = [];
        for (const [i, { tensor, data }] of slopes.entries()) {
          // ∂x = ∂g G + ∂u U
          const sizes = [count, inputs, width] as const;
          kernels.matmul(dx.data, data, weights[i], ...sizes, false, false, 1, 0, 0, i > 0);
          if (trained[i]) {
            const dWeight = hostTensor([width, inputs]);
            const shape = [width, inputs, count] as const;
            kernels.matmul(dWeight.data, data, x, ...shape, true, false, 1, 0, 0, false);
            rest.push(dWeight.tensor);
          }
          tensor.dispose();
        }
        return [dx.tensor, ...rest];
      },
    };
  });
}
