import { beforeAll, expect, test } from 'vitest';
import { adamWInit, adamWStep } from './adamw.js';
import { initBackend } from './backend.js';
import { countTensors, dispose } from './memory.js';
import { tensor } from './ops.js';

beforeAll(async () => {
  await initBackend('cpu');
});

// One parameter by hand, in float64, from the paper's algorithm 2.
function byHand(theta: number, gradients: readonly number[], rate: number, decay: number): number {
  let [m, v] = [0, 0];
  for (const [i, g] of gradients.entries()) {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const mHat = m / (1 - 0.9 ** (i + 1));
    const vHat = v / (1 - 0.999 ** (i + 1));
    theta = theta * (1 - rate * decay) - (rate * mHat) / (Math.sqrt(vHat) + 1e-8);
  }
  return theta;
}

test('three steps follow the equations, and only matrices decay', () => {
  const gradients = [0.5, -0.2, 0.1];
  let parameters = { matrix: tensor([2], [1, 1]), vector: tensor([2], [1]) };
  let state = adamWInit(parameters);
  for (const g of gradients) {
    const next = adamWStep(
      parameters,
      { matrix: tensor([g], [1, 1]), vector: tensor([g], [1]) },
      state,
      0.1,
      1,
      { weightDecay: 0.5 },
    );
    parameters = next.parameters as typeof parameters;
    state = next.state;
  }
  expect(state.step).toBe(3);
  expect(parameters.matrix.dataSync()[0]).toBeCloseTo(byHand(2, gradients, 0.1, 0.5), 5);
  expect(parameters.vector.dataSync()[0]).toBeCloseTo(byHand(2, gradients, 0.1, 0), 5);
});

test('the gradient scale multiplies the gradient before the moments', () => {
  const parameters = { w: tensor([1], [1]) };
  const { state } = adamWStep(parameters, { w: tensor([4], [1]) }, adamWInit(parameters), 0.1, 0.5);
  expect(state.first.w?.dataSync()[0]).toBeCloseTo(0.2, 6);
});

test('a step leaves nothing behind but its results', () => {
  const parameters = { w: tensor([1, 2], [2]) };
  const gradients = { w: tensor([1, 1], [2]) };
  const state = adamWInit(parameters);
  const before = countTensors();
  const next = adamWStep(parameters, gradients, state, 0.1);
  dispose([next.parameters, next.state.first, next.state.second]);
  expect(countTensors()).toBe(before);
});

test('a parameter without a gradient is an error that names it', () => {
  const parameters = { w: tensor([1], [1]) };
  expect(() => adamWStep(parameters, {}, adamWInit(parameters), 0.1)).toThrow('none for "w"');
});
