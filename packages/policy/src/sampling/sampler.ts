import { type NamedTensors, simdKernels } from '@grpo/tensor';
import type { ModelConfig } from '../architectures/architecture.js';
import { simdEngine } from '../decode/simd-engine.js';
import type { EngineConfig } from '../engine/engine-config.js';
import { hostWeightsOf } from '../engine/host-weights.js';
import type { TokenTrace } from '../engine/token-trace.js';
import type { DecodeEngine, Sampler, SamplerOptions } from '../types.js';
import { openCall } from './call.js';
import { checkOptions, checkPrompts } from './check-options.js';
import { createRow } from './row.js';
import { createScheduler } from './scheduler.js';
import { tensorEngine } from './tensor-engine.js';

/**
 * Samples on the engine that trains; where that is simd, with its kernels and a cache of pages.
 *
 * @param weights read at every pass; they may change between calls, and a call that is open when they do is rejected
 * @param trace keeps what is computed of answers that will be trained on, where the engine can
 */
export function createSampler(
  config: EngineConfig,
  weights: () => NamedTensors,
  options: SamplerOptions = {},
  trace?: TokenTrace,
): Sampler {
  const kernels = simdKernels();
  if (kernels === undefined) {
    return createEngineSampler(config, tensorEngine(config, weights), options);
  }
  const hostWeights = hostWeightsOf();
  const now = () => hostWeights(weights(), config.adapterScale ?? 1);
  return createEngineSampler(config, simdEngine(kernels, config, now, trace), options);
}

/**
 * Samples on an engine. All calls that are open share one decode loop and its batch of at most `maxBatchSize`
 * rows: rows leave when they end, waiting ones take their places, and between any two steps the event loop gets a turn.
 * A prompt is run once for all its completions. A request's result depends on its prompt, its seed and its options,
 * not on what else is in the batch.
 * Weights may change between calls, and a call that is open when they do is rejected.
 *
 * @param config of the model that the engine runs
 */
export function createEngineSampler<Batch>(
  config: ModelConfig,
  engine: DecodeEngine<Batch>,
  { maxBatchSize = 256, tokenizer }: SamplerOptions = {},
): Sampler {
  if (!(Number.isInteger(maxBatchSize) && maxBatchSize > 0)) {
    throw new Error(`createSampler: needs maxBatchSize of at least 1, got ${maxBatchSize}.`);
  }
  const scheduler = createScheduler(engine, config.vocabularySize, maxBatchSize);
  return {
    contextLength: config.contextLength,
    isContinuous: true,
    async sample(requests, options) {
      checkOptions(requests, options);
      checkPrompts(requests, config);
      if (options.stopStrings?.length && tokenizer === undefined) {
        throw new Error(
          'sample: needs a tokenizer to find stopStrings, got none. Open the sampler with { tokenizer }.',
        );
      }
      options.signal?.throwIfAborted();
      if (requests.length === 0) return [];
      const { call, sampled } = openCall(options, requests.length);
      scheduler.add(requests.map((request, r) => createRow(call, r, request, config, tokenizer)));
      return sampled;
    },
  };
}
