import { datumOf } from './protocol/datum.js';
import { createRemoteModel } from './remote-model.js';
import type { Reduction, TinkerClient } from './types.js';

export interface FindReductionOptions {
  readonly baseModel: string;
  /** Rank of the scratch model; some servers want all of one rank. Default 1. */
  readonly rank?: number;
  /** Tokens that the model knows. Default: the ids 1 to 4. */
  readonly ids?: readonly number[];
}

const IDS = [1, 2, 3, 4];
/** Relative; a sum doubles and a mean stays, so that much may be noise of low precision. */
const TOLERANCE = 0.1;
/** Clears the gradient and leaves the weights. */
const STILL = { learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

/**
 * Finds out what a server divides a step by, which it does not tell: cross-entropy with all weights 1 and then 2, on
 * a scratch model that is unloaded afterwards. A sum has twice the gradient, a mean by the weights the same.
 *
 * @throws where the server tells no norm of the gradient, or the two norms fit neither
 */
export async function findReduction(
  client: TinkerClient,
  { baseModel, rank = 1, ids = IDS }: FindReductionOptions,
): Promise<Reduction> {
  const model = await createRemoteModel(client, { baseModel, rank });
  try {
    const norms: number[] = [];
    for (const weight of [1, 2]) {
      const weights = ids.slice(1).map(() => weight);
      const { gradNorm } = await model.step([datumOf(ids, { weights })], 'cross_entropy', STILL);
      norms.push(gradNorm);
    }
    const ratio = norms[1] / norms[0];
    if (Math.abs(ratio - 2) < 2 * TOLERANCE) return 'sum';
    if (Math.abs(ratio - 1) < TOLERANCE) return 'skyrl-jax';
    throw new Error(
      `findReduction: needs a gradient that doubles or stays when the weights double, got the norms ${norms.join(' and ')}. Say reduction: 'sum' for the hosted service and for SkyRL on FSDP or Megatron, 'skyrl-jax' for SkyRL on JAX.`,
    );
  } finally {
    await model.unload().catch(() => {});
  }
}
