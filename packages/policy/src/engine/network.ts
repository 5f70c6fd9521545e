import {
  CHUNK_BYTES,
  gatherRows,
  type NamedTensors,
  pickLogProbs,
  type ReferenceOutput,
  reshape,
  simdKernels,
  softCap,
  type Tensor,
  tokenStatistics,
} from '@grpo/tensor';
import { outputWeight } from '../architectures/decoder.js';
import type { TokenBatch } from '../types.js';
import { type EngineConfig, productIn } from './engine-config.js';
import { forwardHidden, forwardPacked, type TrainingPass } from './forward.js';
import { knownResults } from './known-results.js';
import { causalLayout } from './layout.js';
import { packBatch } from './packing.js';

/** A decoder and its weights, as the tensor engine runs them. */
export interface Network {
  readonly config: EngineConfig;
  /** By their names in the safetensors file, adapters among them. */
  readonly weights: NamedTensors;
}

/** The tokens that are looked at: per token its hidden row and its id. */
interface Selected {
  readonly rows: Int32Array;
  readonly targets: Int32Array;
}

interface StatisticsOptions {
  readonly entropies?: boolean;
  readonly reference?: ReferenceOutput | undefined;
  readonly training?: TrainingPass | undefined;
}

/** Hidden states after the last norm. @returns [B · T, D] */
export function hiddenOf(
  { config, weights }: Network,
  { ids, shape: [sequences, tokens] }: TokenBatch,
  training?: TrainingPass,
): Tensor {
  const layout = causalLayout(ids, sequences, tokens);
  return forwardHidden(config, weights, layout, [], undefined, training);
}

/** A packing is worth its gathers where it has fewer rows than this share of the padded batch. */
const WORTH_PACKING = 0.9;

/**
 * Hidden states at some rows of a batch; each prompt is run once, and padding is left out, where that saves enough.
 *
 * @param rows [N] rows b · T + t from which tokens that the loss looks at are predicted
 * @returns [N, D]
 */
function hiddenAt(
  network: Network,
  batch: TokenBatch,
  rows: Int32Array,
  training?: TrainingPass,
): Tensor {
  const packing = packBatch(batch);
  const kernels = simdKernels();
  const known = kernels && training?.trace && knownResults(kernels, training.trace, packing);
  if (known === undefined && packing.ids.length > WORTH_PACKING * batch.ids.length) {
    return gatherRows(hiddenOf(network, batch, training), rows); // [N, D]
  }
  const pass = training && { ...training, known };
  const hidden = forwardPacked(network.config, network.weights, packing, pass);
  return gatherRows(hidden, packing.rowsOf(rows)); // [N, D]
}

/** Unnormalised log-probs. @param hidden [N, D] @returns [N, V] */
export function logitsOf(network: Network, hidden: Tensor): Tensor {
  const { precision, logitSoftcap } = network.config;
  const logits = productIn(precision)(hidden, outputOf(network), false, true); // [N, V]
  return logitSoftcap === undefined ? logits : softCap(logits, logitSoftcap);
}

/**
 * Log-probs of the chosen tokens, and what else is asked for; in chunks where all logits would be many.
 *
 * @returns [S, N] log-probs, then entropies, then divergences from the reference
 */
export function statisticsOf(
  network: Network,
  batch: TokenBatch,
  { rows, targets }: Selected,
  { entropies = false, reference, training }: StatisticsOptions = {},
): Tensor {
  const { config } = network;
  const { temperature = 1 } = batch;
  const hidden = hiddenAt(network, batch, rows, training); // [N, D]
  const bytes = 4 * rows.length * config.vocabularySize;
  if (!entropies && reference === undefined && bytes <= CHUNK_BYTES) {
    return reshape(pickLogProbs(logitsOf(network, hidden), targets, temperature), [1, -1]);
  }
  const output = outputOf(network);
  const trained = training?.trained ?? {};
  return tokenStatistics(hidden, output, targets, {
    temperature,
    entropies,
    product: productIn(config.precision),
    trainsWeight: outputWeight(config) in trained,
    ...(config.logitSoftcap === undefined ? {} : { softcap: config.logitSoftcap }),
    ...(reference === undefined ? {} : { reference }),
  });
}

/** What a frozen network gives to compare distributions with: hidden [N, D], its output weight and its cap. */
export function referenceOutput(
  network: Network,
  batch: TokenBatch,
  rows: Int32Array,
): ReferenceOutput {
  const hidden = hiddenAt(network, batch, rows); // [N, D]
  const softcap = network.config.logitSoftcap;
  const weight = outputOf(network);
  return softcap === undefined ? { hidden, weight } : { hidden, weight, softcap };
}

/** [V, D] */
function outputOf({ config, weights }: Network): Tensor {
  return weights[outputWeight(config)] as Tensor;
}
