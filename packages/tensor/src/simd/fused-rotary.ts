import type { Tensor } from '../types.js';
import { fusedOp } from './fused.js';
import { hostArray, hostTensor } from './host-arrays.js';
import type { Kernels } from './kernels.js';

/** How the rows of a table of angles lie in x: `times` over, `rows` of them, each for `heads` heads. */
export interface TablePlan {
  readonly times: number;
  readonly rows: number;
  readonly heads: number;
}

/**
 * @param shape [..., Dh] of x
 * @param table broadcastable to it
 * @returns undefined where the table does not run along neighbouring dimensions
 */
export function tablePlan(
  shape: readonly number[],
  table: readonly number[],
): TablePlan | undefined {
  const width = shape.at(-1);
  const lead = shape.slice(0, -1);
  const missing = shape.length - table.length;
  if (table.at(-1) !== width || missing < 0) return undefined;
  const own = [...lead.slice(0, missing).fill(1), ...table.slice(0, -1)];
  const runs = lead.map((size, i) => size !== 1 && own[i] === size); // what the table has of its own
  const [first, last] = [runs.indexOf(true), runs.lastIndexOf(true)];
  const isRun = own.every((size, i) => size === (i < first || i > last ? 1 : lead[i]));
  if (!isRun) return undefined;
  const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);
  return {
    times: product(lead.slice(0, Math.max(0, first))),
    rows: product(own),
    heads: product(lead.slice(last + 1)),
  };
}

/** `rotary`, one pass over memory each way. */
export function fusedRotary(
  kernels: Kernels,
  { times, rows, heads }: TablePlan,
  x: Tensor,
  cos: Tensor,
  sin: Tensor,
): Tensor {
  const { shape } = x;
  const width = shape.at(-1) as number;
  const size = rows * heads * width;
  const turned = (x: Float32Array, cos: Float32Array, sin: Float32Array, isBack: boolean) => {
    const out = hostTensor(shape);
    for (let at = 0; at < times * size; at += size) {
      const [to, from] = [out.data, x].map((all) => all.subarray(at, at + size));
      kernels.rotary(to, from, cos, sin, rows, heads, width, width, isBack);
    }
    return out.tensor;
  };
  return fusedOp([x], ([x]) => ({
    value: turned(hostArray(x), hostArray(cos), hostArray(sin), false),
    saved: [cos, sin],
    gradient: (dy, [cos, sin]) => [turned(dy, cos, sin, true)],
  }));
}
