import { describe, expect, test } from 'vitest';
import { availableBackends, initBackend } from './backend.js';
import { countTensors, dispose } from './memory.js';
import { tensor } from './ops.js';
import { type OptimizerChoice, optimizerInit, optimizerStep } from './optimizers.js';

/** Four steps on a matrix and a vector, with gradients that change their sign. */
function fourSteps(choice: OptimizerChoice, scale = 1): number[] {
  let parameters = { matrix: tensor([2, -1], [1, 2]), vector: tensor([0.5], [1]) };
  let state = optimizerInit(choice.name, parameters);
  for (let i = 0; i < 4; i++) {
    const sign = i % 2 === 0 ? 1 : -0.4;
    const gradients = {
      matrix: tensor([(0.5 * sign) / scale, (-0.25 * sign) / scale], [1, 2]),
      vector: tensor([(0.1 * (i - 1)) / scale], [1]),
    };
    const next = optimizerStep(choice, parameters, gradients, state, 0.1, scale);
    dispose([parameters, gradients, state.first, state.second]);
    parameters = next.parameters as typeof parameters;
    state = next.state;
  }
  expect(state.step).toBe(4);
  return [...parameters.matrix.dataSync(), ...parameters.vector.dataSync()];
}

/** Lion's algorithm 2 on one number, in float64. */
function lionByHand(theta: number, gradients: readonly number[], decay: number): number {
  let m = 0;
  for (const g of gradients) {
    theta -= 0.1 * (Math.sign(0.9 * m + 0.1 * g) + decay * theta);
    m = 0.99 * m + 0.01 * g;
  }
  return theta;
}

describe.each(await availableBackends())('on the %s backend', (backend) => {
  // torch 2.13, torch.optim.{AdamW, Adam, SGD}, the vector in a group without weight decay.
  test.each<[OptimizerChoice, readonly number[]]>([
    [{ name: 'adamw', weightDecay: 0.1 }, [1.6933025, -0.7327065, 0.6068961]],
    [{ name: 'adam', weightDecay: 0.1 }, [1.6880215, -0.6919845, 0.6068961]],
    [{ name: 'sgd', weightDecay: 0.1, momentum: 0.9 }, [1.6332511, -0.8166255, 0.49539]],
    [
      { name: 'lion', weightDecay: 0.1 },
      [
        lionByHand(2, [0.5, -0.2, 0.5, -0.2], 0.1),
        lionByHand(-1, [-0.25, 0.1, -0.25, 0.1], 0.1),
        lionByHand(0.5, [-0.1, 0, 0.1, 0.2], 0),
      ],
    ],
  ])('%o follows its equations, and only matrices decay', async (choice, expected) => {
    await initBackend(backend);
    for (const [i, value] of fourSteps(choice).entries()) expect(value).toBeCloseTo(expected[i], 5);
    for (const [i, value] of fourSteps(choice, 0.5).entries()) {
      expect(value).toBeCloseTo(expected[i], 5); // the scale multiplies gradients before anything else
    }
  });

  test.each(['adamw', 'adam', 'sgd', 'lion'] as const)('%s leaks no tensor', async (name) => {
    await initBackend(backend);
    const parameters = { w: tensor([1, 2], [2]) };
    const gradients = { w: tensor([1, 0], [2]) };
    const state = optimizerInit(name, parameters);
    const before = countTensors();
    const next = optimizerStep({ name }, parameters, gradients, state, 0.1);
    dispose([next.parameters, next.state.first, next.state.second]);
    expect(countTensors()).toBe(before);
  });
});

test.each(['adam', 'sgd', 'lion'] as const)('%s names a parameter without a gradient', (name) => {
  const parameters = { w: tensor([1], [1]) };
  const state = optimizerInit(name, parameters);
  expect(() => optimizerStep({ name }, parameters, {}, state, 0.1)).toThrow('got none for "w"');
});
