import type { OptimizerChoice, OptimStep } from '@grpo/policy';
import type { AdamParams } from './types.js';

/**
 * A step as the server takes it: Adam with decoupled decay, the only optimizer of the protocol.
 *
 * @throws for another optimizer, for Adam with a decay that goes through its moments, and for a choice of what decays
 */
export function adamParams({
  learningRate,
  maxGradNorm,
  optimizer = { name: 'adamw' },
}: OptimStep): AdamParams {
  if (optimizer.name !== 'adamw' && optimizer.name !== 'adam') {
    throw new Error(
      `optimStep: needs the optimizer adamw, got ${optimizer.name}. The server has Adam alone; set optim to adamw.`,
    );
  }
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamChoice = optimizer;
  if (optimizer.name === 'adam' && weightDecay !== 0) {
    throw new Error(
      `optimStep: needs adamw for a weightDecay, got adam with ${weightDecay}. The server's decay is decoupled; set optim to adamw.`,
    );
  }
  if (optimizer.decays !== undefined) {
    throw new Error(
      'optimStep: needs a decay of all weights, got a function that chooses. Leave out decays.',
    );
  }
  if (!(Number.isFinite(learningRate) && learningRate >= 0)) {
    throw new Error(`optimStep: needs a learning rate of 0 or above, got ${learningRate}.`);
  }
  const clips = maxGradNorm !== undefined && Number.isFinite(maxGradNorm); // JSON has no infinity
  return {
    learningRate,
    beta1,
    beta2,
    epsilon,
    weightDecay,
    ...(clips && { maxGradNorm }),
  };
}

type AdamChoice = Extract<OptimizerChoice, { readonly name: 'adamw' | 'adam' }>;
