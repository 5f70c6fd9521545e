import { gatherRows, tidy } from '@grpo/tensor';
import type { LogProbModel, TokenBatch, TokenStates } from '../types.js';
import { hiddenOf, logitsOf, type Network, statisticsOf } from './network.js';
import { checkBatch, lastRows, scatter, selectTokens, toTokenBatch } from './token-batch.js';

/** How models of the tensor engine find each other's weights. */
export const NETWORK: unique symbol = Symbol('network');

/** A model of this engine. */
export interface EngineModel extends LogProbModel {
  readonly [NETWORK]: () => Network;
}

/**
 * A model that scores tokens and does not learn.
 *
 * @param network read at every call: the weights are those of their owner
 */
export function frozenModel(network: () => Network): EngineModel {
  return {
    [NETWORK]: network,
    logProbs: async (batch) => logProbsOf(network(), batch),
  };
}

/** @throws if a model belongs to another engine, or reads other tokens */
export function networkOf(model: LogProbModel, vocabularySize: number): Network {
  if (!isEngineModel(model)) {
    throw new Error(
      'forwardBackward: needs a reference of the tensor engine for distributionKl, got another model. Open it with LanguageModel, or use an estimate of the KL from log-probs.',
    );
  }
  const network = model[NETWORK]();
  const found = network.config.vocabularySize;
  if (found !== vocabularySize) {
    throw new Error(
      `forwardBackward: needs a reference with a vocabulary of ${vocabularySize} tokens for distributionKl, got ${found}. Use the model that training started from.`,
    );
  }
  return network;
}

/** [B, T] log-probs, 0 where the mask is 0. */
export function logProbsOf(network: Network, batch: TokenBatch): Float64Array {
  checkBatch(batch, network.config);
  const { rows, targets, at } = selectTokens(batch);
  if (rows.length === 0) return new Float64Array(batch.ids.length);
  const picked = tidy(() => statisticsOf(network, batch, { rows, targets })); // [1, N]
  const values = picked.dataSync();
  picked.dispose();
  return scatter(values, at, batch.ids.length);
}

/** The hidden states in which a value function is asked. */
export function tokenStatesOf(network: Network, batch: TokenBatch): TokenStates {
  checkBatch(batch, network.config);
  const { rows } = selectTokens(batch); // [N]
  const width = network.config.hiddenSize;
  const picked = Int32Array.from([...rows, ...lastRows(batch)]); // [N + B]
  let data = new Float32Array(picked.length * width);
  if (batch.ids.length > 0) {
    const states = tidy(() => gatherRows(hiddenOf(network, batch), picked)); // [N + B, D]
    data = Float32Array.from(states.dataSync());
    states.dispose();
  }
  const first = rows.length * width;
  return {
    before: { data: data.slice(0, first), shape: [rows.length, width] },
    after: { data: data.slice(first), shape: [batch.shape[0], width] },
  };
}

/** Logits after each token of one sequence. @param ids [T] @returns [T, V] */
export function sequenceLogits(network: Network, ids: readonly number[]): Float32Array {
  const batch = toTokenBatch([{ ids, mask: ids.map(() => false) }]);
  checkBatch(batch, network.config);
  const logits = tidy(() => logitsOf(network, hiddenOf(network, batch))); // [T, V]
  const values = logits.dataSync() as Float32Array;
  logits.dispose();
  return values;
}

function isEngineModel(model: LogProbModel): model is EngineModel {
  return NETWORK in model;
}
