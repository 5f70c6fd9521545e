import { dispose, matMul, type Tensor, tensor, tidy } from '@grpo/tensor';

const SIZE = 1024;
const ROUNDS = 4;

/**
 * The floating-point operations per second that products of matrices reach on the backend in use: the best of some
 * products of 1024 x 1024 matrices.
 */
export function matrixProductCeiling(): number {
  const side = () =>
    tensor(
      Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i % 7) - 3),
      [SIZE, SIZE],
    );
  const [a, b] = [side(), side()];
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    tidy(() => {
      const product = matMul(a, b) as Tensor;
      product.slice([0, 0], [1, 1]).dataSync(); // a product that is not read may not have been computed
      return [];
    });
    best = Math.min(best, (performance.now() - started) / 1000);
  }
  dispose([a, b]);
  return (2 * SIZE ** 3) / best;
}
