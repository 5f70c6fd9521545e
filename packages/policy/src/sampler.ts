import { setImmediate } from 'node:timers/promises';
import { keyedRandom, type Random } from '@grpo/random';
import { dispose, gatherRows, matMul, type NamedTensors, type Tensor, tidy } from '@grpo/tensor';
import type { ModelConfig } from './config.js';
import { outputWeight } from './decoder.js';
import { forwardHidden, type LayerCache, pickCacheRows } from './forward.js';
import { sampleToken } from './sample-token.js';
import type { SampledTokens, SampleOptions, SampleRequest, Sampler } from './types.js';

/** A sequence that is being sampled. */
interface Row {
  /** Number of its request, where its result goes. */
  readonly request: number;
  readonly random: Random;
  readonly ids: number[];
  readonly logProbs: number[];
  /** Most tokens it may still grow to. */
  readonly limit: number;
  /** Places at the left of its cache that hold no token. */
  readonly padding: number;
  stopReason?: 'stop' | 'length';
}

interface Decoding {
  readonly cache: LayerCache[];
  /** [rows, V] */
  readonly logits: Float32Array;
}

/**
 * Batched sampling with a cache of keys and values. Rows that share a prompt share its first pass,
 * rows that are finished leave the batch, and the event loop gets a turn between any two tokens.
 *
 * @param weights read at every call, so that the sampler sees the latest
 */
export function createSampler(config: ModelConfig, weights: () => NamedTensors): Sampler {
  return {
    async sample(requests, options) {
      checkRequests(requests, options, config);
      if (requests.length === 0) return [];
      const { maxTokens, stopIds, temperature = 1, signal } = options;
      const { rows, decoding: first } = prefill(config, weights(), requests, maxTokens);
      const results = new Array<SampledTokens>(requests.length);
      let active = rows;
      let { cache, logits } = first;
      try {
        for (;;) {
          takeTokens(active, logits, config.vocabularySize, temperature, stopIds);
          for (const row of active) if (row.stopReason) results[row.request] = finished(row);
          const going = active.flatMap((row, i) => (row.stopReason ? [] : [i]));
          if (going.length === 0) return results;
          if (going.length < active.length) {
            const kept = pickCacheRows(cache, Int32Array.from(going));
            disposeCache(cache);
            cache = kept;
            active = going.map((i) => active[i]);
          }
          await setImmediate();
          signal?.throwIfAborted();
          const next = decodeStep(config, weights(), active, cache);
          disposeCache(cache);
          ({ cache, logits } = next);
        }
      } finally {
        disposeCache(cache);
      }
    },
  };
}

/** One pass over the distinct prompts, left-padded so that all end at the same place; then one row per request. */
function prefill(
  config: ModelConfig,
  weights: NamedTensors,
  requests: readonly SampleRequest[],
  maxTokens: number,
): { rows: Row[]; decoding: Decoding } {
  const promptNumbers = new Map<string, number>();
  const prompts: (readonly number[])[] = [];
  const promptOf = requests.map(({ ids }) => {
    const key = ids.join(' ');
    const known = promptNumbers.get(key);
    if (known !== undefined) return known;
    promptNumbers.set(key, prompts.length);
    return prompts.push(ids) - 1;
  });

  const longest = Math.max(...prompts.map((ids) => ids.length));
  const padding = prompts.map((ids) => longest - ids.length);
  const ids = new Int32Array(prompts.length * longest);
  const positions = new Int32Array(prompts.length * longest);
  for (const [p, prompt] of prompts.entries()) {
    ids.set(prompt, p * longest + padding[p]);
    for (let t = padding[p]; t < longest; t++) positions[p * longest + t] = t - padding[p];
  }
  const ends = Int32Array.from(prompts, (_, p) => p * longest + longest - 1);
  const layout = {
    sequences: prompts.length,
    tokens: longest,
    ids,
    positions,
    visible: (p: number, t: number, place: number) => place <= t && place >= padding[p],
    sameView: false,
  };
  const shared = runLayers(config, weights, layout, [], ends);
  const cache = pickCacheRows(shared.cache, Int32Array.from(promptOf));
  disposeCache(shared.cache);

  const v = config.vocabularySize;
  const logits = new Float32Array(requests.length * v);
  for (const [r, p] of promptOf.entries()) {
    logits.set(shared.logits.subarray(p * v, (p + 1) * v), r * v);
  }
  const rows = requests.map(({ ids, seed }, request) => ({
    request,
    random: keyedRandom(seed),
    ids: [],
    logProbs: [],
    limit: Math.min(maxTokens, config.contextLength - ids.length),
    padding: longest - ids.length,
  }));
  return { rows, decoding: { cache, logits } };
}

/** One new token per row. */
function decodeStep(
  config: ModelConfig,
  weights: NamedTensors,
  rows: readonly Row[],
  cache: readonly LayerCache[],
): Decoding {
  const past = cache[0]?.keys.shape[2] ?? 0;
  const layout = {
    sequences: rows.length,
    tokens: 1,
    ids: Int32Array.from(rows, (row) => row.ids.at(-1) ?? 0),
    positions: Int32Array.from(rows, (row) => past - row.padding),
    visible: (r: number, _t: number, place: number) => place >= rows[r].padding,
    sameView: rows.every((row) => row.padding === 0),
  };
  return runLayers(config, weights, layout, cache);
}

/** Runs the decoder and reads the logits of the given hidden rows, all by default. */
function runLayers(
  config: ModelConfig,
  weights: NamedTensors,
  layout: Parameters<typeof forwardHidden>[2],
  past: readonly LayerCache[],
  outputRows?: Int32Array,
): Decoding {
  const [logits, ...flat] = tidy(() => {
    const cache: Tensor[] = [];
    const hidden = forwardHidden(config, weights, layout, past, (_layer, { keys, values }) => {
      cache.push(keys, values);
    }); // [B·T, D]
    const picked = outputRows ? gatherRows(hidden, outputRows) : hidden; // [B, D]
    const output = weights[outputWeight(config)] as Tensor; // [V, D]
    return [matMul(picked, output, false, true), ...cache];
  });
  const values = logits.dataSync() as Float32Array;
  logits.dispose();
  const cache = Array.from({ length: config.layers }, (_, layer) => ({
    keys: flat[2 * layer],
    values: flat[2 * layer + 1],
  }));
  return { cache, logits: values };
}

function takeTokens(
  rows: readonly Row[],
  logits: Float32Array,
  vocabulary: number,
  temperature: number,
  stopIds: readonly number[],
): void {
  for (const [r, row] of rows.entries()) {
    const rowLogits = logits.subarray(r * vocabulary, (r + 1) * vocabulary);
    const { id, logProb } = sampleToken(rowLogits, temperature, row.random.next());
    row.ids.push(id);
    row.logProbs.push(logProb);
    if (stopIds.includes(id)) row.stopReason = 'stop';
    else if (row.ids.length >= row.limit) row.stopReason = 'length';
  }
}

function finished({ ids, logProbs, stopReason = 'length' }: Row): SampledTokens {
  return { ids, logProbs, stopReason };
}

function disposeCache(cache: readonly LayerCache[]): void {
  dispose(cache.flatMap(({ keys, values }) => [keys, values]));
}

function checkRequests(
  requests: readonly SampleRequest[],
  { maxTokens, temperature = 1 }: SampleOptions,
  { contextLength, vocabularySize }: ModelConfig,
): void {
  if (!(Number.isInteger(maxTokens) && maxTokens > 0)) {
    throw new Error(`sample: needs maxTokens of at least 1, got ${maxTokens}.`);
  }
  if (!(temperature >= 0)) {
    throw new Error(`sample: needs a temperature of 0 or above, got ${temperature}.`);
  }
  for (const [i, { ids }] of requests.entries()) {
    if (ids.length === 0) {
      throw new Error(`sample: needs at least one prompt token, got none in request ${i}.`);
    }
    if (ids.length >= contextLength) {
      throw new Error(
        `sample: needs a prompt shorter than the context of ${contextLength} tokens, got ${ids.length} in request ${i}. Shorten the prompt or use a model with a longer context.`,
      );
    }
    const unknown = ids.find((id) => !(id >= 0 && id < vocabularySize));
    if (unknown !== undefined) {
      throw new Error(
        `sample: needs token ids from 0 to ${vocabularySize - 1}, got ${unknown} in request ${i}. Use the tokenizer of this model.`,
      );
    }
  }
}
