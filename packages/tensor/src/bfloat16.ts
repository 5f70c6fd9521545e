import * as tf from '@tensorflow/tfjs';
import { type Attribute, type Handle, type RawBackend, rawBackend } from './raw-backend.js';
import type { Tensor } from './types.js';

const DT_BFLOAT16 = 14; // TensorFlow's number for the type, which TensorFlow.js has no name for

/**
 * Checks that the backend in use multiplies in bfloat16.
 *
 * @throws if it does not; the message names it and what to do
 */
export function requireBfloat16(): void {
  neededBackend();
}

/**
 * op(A) · op(B) with both operands rounded to bfloat16 and the result in float32; so are the products of the
 * gradients. The operands themselves stay in float32.
 * Micikevicius et al. 2018, section 3.1, https://arxiv.org/abs/1710.03740, in the type that needs no loss scaling
 * (Kalamkar et al. 2019, https://arxiv.org/abs/1905.12322).
 * With y = A B: ∂A = ∂y Bᵀ, ∂B = Aᵀ ∂y, and the same with transposes moved.
 *
 * @param a [..., m, k], or [..., k, m] where transposed; receives gradient
 * @param b [..., k, n], or [..., n, k] where transposed; receives gradient; leading dimensions as of `a`
 * @returns [..., m, n]
 * @throws on a backend without the type
 */
export function matMulBfloat16(
  a: Tensor,
  b: Tensor,
  transposeA = false,
  transposeB = false,
): Tensor {
  const backend = neededBackend();
  type Gradients = { readonly a: () => Tensor; readonly b: () => Tensor };
  const kernel = {
    inputs: { a, b },
    forwardFunc: (_: unknown, save: (tensors: Tensor[]) => void) => {
      const value = product(backend, a, b, transposeA, transposeB);
      save([a, b]);
      return value;
    },
    backwardsFunc: (dy: Tensor, [a, b]: [Tensor, Tensor]): Gradients => ({
      a: () =>
        transposeA
          ? matMulBfloat16(b, dy, transposeB, true)
          : matMulBfloat16(dy, b, false, !transposeB),
      b: () =>
        transposeB
          ? matMulBfloat16(dy, a, true, transposeA)
          : matMulBfloat16(a, dy, !transposeA, false),
    }),
  };
  // The way of TensorFlow.js's own operations, whose gradients are computed where they are asked for:
  // customGrad would compute that of a frozen weight too.
  const engine = tf.engine() as unknown as { runKernelFunc(params: typeof kernel): Tensor };
  return engine.runKernelFunc(kernel);
}

function product(
  backend: RawBackend,
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
): Tensor {
  const { binding } = backend;
  const run = (name: string, attributes: Attribute[], ids: number[]): Handle => {
    const [handle] = binding.executeOp(name, attributes, ids, 1);
    return handle as Handle;
  };
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  const truth = (name: string, value: boolean) => ({ name, type: binding.TF_ATTR_BOOL, value });
  const cast = (id: number, from: number, to: number) =>
    run('Cast', [type('SrcT', from), type('DstT', to), truth('Truncate', false)], [id]);

  const held: number[] = [];
  try {
    const halves = backend.getInputTensorIds([a, b]).map((id) => {
      const half = cast(id, binding.TF_FLOAT, DT_BFLOAT16);
      held.push(half.id);
      return half.id;
    });
    const attributes = [
      type('T', DT_BFLOAT16),
      truth('adj_x', transposeA),
      truth('adj_y', transposeB),
    ];
    const half = run('BatchMatMulV2', attributes, halves);
    held.push(half.id);
    return backend.createOutputTensor(cast(half.id, DT_BFLOAT16, binding.TF_FLOAT));
  } finally {
    for (const id of held) binding.deleteTensor(id);
  }
}

function neededBackend(): RawBackend {
  const backend = rawBackend();
  if (backend) return backend;
  throw new Error(
    `matMulBfloat16: needs a backend that multiplies in bfloat16, which native and gpu do, got ${tf.getBackend()}. Run the native set-up (npm run native in the grpo repository), or choose precision "float32".`,
  );
}
