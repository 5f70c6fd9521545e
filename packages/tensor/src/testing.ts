/** Checks that any differentiable operation can be run through, here or in another package. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/** An operation, inputs to try it on, and its value computed some other way. */
export interface OpCase {
  readonly name: string;
  /** Inputs that receive gradient: shape and values, row-major. */
  readonly inputs: readonly {
    readonly shape: readonly number[];
    readonly values: readonly number[];
  }[];
  /** The operation, from tensors of the inputs' shapes. */
  readonly op: (...inputs: Tensor[]) => Tensor;
  /** The same function on plain numbers, in float64. */
  readonly reference: (...inputs: (readonly number[])[]) => readonly number[];
  /** Inputs, by number, that must get no gradient although the value depends on them. */
  readonly stopped?: readonly number[];
}

/** Largest absolute errors of an operation against its reference. */
export interface OpErrors {
  readonly value: number;
  readonly gradient: number;
  /** Tensors left behind by one evaluation of value and gradients. */
  readonly leaked: number;
}

const STEP = 1e-5; // central difference in float64: error about STEP² plus 1e-11

/**
 * Compares an operation's value with its reference, and the gradient of Σ c_i · op_i with central
 * differences of the reference, on the backend in use. The weights c_i differ, so that no error cancels.
 */
export function opErrors({ inputs, op, reference, stopped = [] }: OpCase): OpErrors {
  const before = tf.memory().numTensors;
  const points = inputs.map(({ values }) => [...values]);
  const expected = reference(...points);
  const weights = expected.map((_, i) => Math.cos(1 + i));
  const tensors = inputs.map(({ shape, values }) => tf.tensor([...values], [...shape]));

  const output = tf.tidy(() => op(...tensors));
  const value = largest(output.dataSync(), expected);
  const weighted = (...xs: Tensor[]) =>
    tf.sum(tf.mul(op(...xs), tf.tensor(weights, output.shape))) as tf.Scalar;
  const gradients = tf.tidy(() => tf.grads(weighted)(tensors));
  let gradient = 0;
  for (const [index, analytic] of gradients.entries()) {
    const numeric = stopped.includes(index)
      ? new Array<number>(analytic.size).fill(0)
      : differences(reference, points, index, weights);
    gradient = Math.max(gradient, largest(analytic.dataSync(), numeric));
  }
  tf.dispose([output, tensors, gradients]);
  return { value, gradient, leaked: tf.memory().numTensors - before };
}

function differences(
  reference: OpCase['reference'],
  points: readonly number[][],
  index: number,
  weights: readonly number[],
): number[] {
  const at = (position: number, step: number) => {
    const moved = points.map((point) => [...point]);
    const target = moved[index] ?? [];
    target[position] = (target[position] ?? 0) + step;
    return reference(...moved).reduce((sum, y, i) => sum + y * (weights[i] ?? 0), 0);
  };
  return (points[index] ?? []).map((_, i) => (at(i, STEP) - at(i, -STEP)) / (2 * STEP));
}

function largest(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  return expected.reduce((worst, e, i) => {
    const error = Math.abs((actual[i] ?? Number.NaN) - e);
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }, 0);
}
