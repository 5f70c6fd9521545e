import * as tf from '@tensorflow/tfjs';
import { hostArray, simdKernels } from './simd/host-arrays.js';
import type { NamedTensors, Tensor } from './types.js';

/**
 * Value of a scalar function and its gradient with respect to named tensors.
 * A tensor that the value does not depend on gets a gradient of zeros.
 *
 * @param compute returns a scalar, computed from `parameters`
 * @param parameters each receives gradient
 * @returns the value [] and gradients in the shapes of `parameters`; the caller disposes of both
 */
export function valueAndGradients(
  compute: () => Tensor,
  parameters: NamedTensors,
): { value: Tensor; gradients: Record<string, Tensor> } {
  try {
    // Within a tidy, so that nothing but the results outlives the call.
    return tf.tidy(() => {
      const { value, grads } = tf.engine().gradients(
        () => {
          const computed = compute() as tf.Scalar;
          freeOnTheWayBack();
          return computed;
        },
        Object.values(parameters),
        undefined,
        true,
      );
      const named = Object.entries(parameters).map(([name, parameter], i) => {
        const gradient = grads[i] as Tensor | null;
        return [name, gradient ?? tf.zerosLike(parameter)] as const;
      });
      return { value: value as Tensor, gradients: Object.fromEntries(named) };
    });
  } catch (error) {
    disposeTape();
    throw error;
  }
}

/**
 * The gradient within the backward pass of another: Σ dy · ∂compute/∂xs.
 * TensorFlow.js keeps one tape for all of them and forgets the outer one when an inner is done: it is put back.
 *
 * @param compute returns a tensor in the shape of `dy`
 * @param xs each receives gradient
 * @returns gradients in the shapes of `xs`, zeros where `compute` does not depend on one
 */
export function nestedGradients(
  compute: () => Tensor,
  xs: readonly Tensor[],
  dy: Tensor,
): Tensor[] {
  const { state } = tf.engine();
  const outer = state.activeTape;
  try {
    return tf.tidy(() => {
      const { grads } = tf
        .engine()
        .gradients(compute as () => tf.Scalar, [...xs], dy as tf.Scalar, true);
      return xs.map((x, i) => (grads[i] as Tensor | null) ?? tf.zerosLike(x));
    });
  } catch (error) {
    if (state.activeTape !== outer) disposeTape();
    throw error;
  } finally {
    state.activeTape = outer;
  }
}

/**
 * Has the backward pass free what an operation saved, and the gradient that came to it, as soon as its own gradient is
 * taken. TensorFlow.js would hold everything to the end, and so write all of it to memory that no cache has.
 */
function freeOnTheWayBack(): void {
  let done: Tensor[] = [];
  const given = new WeakSet<Tensor>(); // gradients that the pass knows already: whoever frees one must own it alone
  const own = (dx: Tensor) => {
    const alone = given.has(dx) || dx.kept ? tf.clone(dx) : dx;
    given.add(alone);
    return alone;
  };
  for (const node of tf.engine().state.activeTape ?? []) {
    const { gradient, saved = [] } = node;
    if (gradient === undefined) continue;
    node.gradient = (dys) => {
      tf.dispose(done); // of the operation behind this one: its inputs' gradients were computed after its own call
      const arrived = (dys as readonly (Tensor | null)[]).filter((dy) => dy !== null);
      for (const dy of arrived) given.add(dy);
      done = [...saved, ...arrived];
      const ofInputs = gradient(dys);
      return Object.fromEntries(
        Object.entries(ofInputs).map(([name, dx]) => [name, () => own(dx())]),
      );
    };
  }
}

/** TensorFlow.js frees what the tape holds for the backward pass only where that pass is reached. */
function disposeTape(): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) return; // an outer gradient still needs it
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
}

/**
 * L2 norm of all gradients taken together: √(Σ_p Σ_i g_{p,i}²).
 *
 * @param gradients any shapes
 * @returns a number; one read from the backend
 */
export function globalNorm(gradients: NamedTensors): number {
  const kernels = simdKernels();
  if (kernels) {
    const squares = (g: Tensor) => kernels.squaredNorm(hostArray(g), g.size);
    return Math.sqrt(Object.values(gradients).reduce((sum, g) => sum + squares(g), 0));
  }
  // One at a time, so that the squares of all are never held together.
  const squares = (g: Tensor) => tf.tidy(() => tf.sum(tf.square(g))); // []
  const total = tf.tidy(() => tf.addN(Object.values(gradients).map(squares)));
  const [squared = Number.NaN] = total.dataSync();
  total.dispose();
  return Math.sqrt(squared);
}
