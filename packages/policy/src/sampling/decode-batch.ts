import { gatherRows, type NamedTensors, tidy } from '@grpo/tensor';
import type { EngineConfig } from '../engine/engine-config.js';
import { forwardHidden } from '../engine/forward.js';
import {
  alignCache,
  cachedPlaces,
  cacheTensors,
  disposeCache,
  type LayerCache,
  pickCacheRows,
  stackCaches,
} from '../engine/key-value-cache.js';
import { logitsOf } from '../engine/network.js';
import type { Decoded } from '../types.js';

/** Sequences that are decoded together. Their latest tokens stand at the same place, so shorter ones have empty places on the left. */
export interface DecodeBatch {
  readonly cache: readonly LayerCache[];
  /** [rows] tokens of each sequence that are cached. */
  readonly lengths: readonly number[];
}

/**
 * One pass over prompts, left-padded so that all end at the same place.
 *
 * @param prompts each of at least one token
 */
export function prefill(
  config: EngineConfig,
  weights: NamedTensors,
  prompts: readonly (readonly number[])[],
): Decoded<DecodeBatch> {
  const longest = Math.max(...prompts.map((ids) => ids.length));
  const padding = prompts.map((ids) => longest - ids.length);
  const ids = new Int32Array(prompts.length * longest);
  const positions = new Int32Array(prompts.length * longest);
  for (const [p, prompt] of prompts.entries()) {
    ids.set(prompt, p * longest + padding[p]);
    for (let t = padding[p]; t < longest; t++) positions[p * longest + t] = t - padding[p];
  }
  const layout = {
    sequences: prompts.length,
    tokens: longest,
    ids,
    positions,
    visible: (p: number, t: number, place: number) => place <= t && place >= padding[p],
    sameView: false,
  };
  const ends = Int32Array.from(prompts, (_, p) => p * longest + longest - 1);
  const { cache, logits } = runLayers(config, weights, layout, [], ends);
  return { batch: { cache, lengths: prompts.map(({ length }) => length) }, logits };
}

/**
 * One new token per sequence. Takes the batch over: it is freed, except for what the result shares with it.
 *
 * @param ids [rows] the token that each sequence goes on with
 */
export function decodeStep(
  config: EngineConfig,
  weights: NamedTensors,
  { cache, lengths }: DecodeBatch,
  ids: readonly number[],
): Decoded<DecodeBatch> {
  const past = cachedPlaces(cache);
  const padding = lengths.map((length) => past - length);
  const layout = {
    sequences: lengths.length,
    tokens: 1,
    ids: Int32Array.from(ids),
    // A sequence that ended at the last position waits to be dropped and must not run beyond it.
    positions: Int32Array.from(lengths, (length) => Math.min(length, config.contextLength - 1)),
    visible: (r: number, _t: number, place: number) => place >= padding[r],
    sameView: padding.every((places) => places === 0),
  };
  const next = runLayers(config, weights, layout, cache);
  disposeCache(cache, next.cache);
  const grown = { cache: next.cache, lengths: lengths.map((length) => length + 1) };
  return { batch: grown, logits: next.logits };
}

/** Some sequences of a batch, in the order given; they may repeat, as the completions of one prompt. The batch stays valid. */
export function pickRows({ cache, lengths }: DecodeBatch, rows: readonly number[]): DecodeBatch {
  const picked = { cache: pickCacheRows(cache, Int32Array.from(rows)) };
  const kept = rows.map((row) => lengths[row]);
  const longest = Math.max(...kept);
  if (longest === cachedPlaces(cache)) return { ...picked, lengths: kept };
  const aligned = alignCache(picked.cache, longest);
  disposeCache(picked.cache);
  return { cache: aligned, lengths: kept };
}

/** All sequences of several batches as one. The batches are freed. */
export function joinBatches(batches: readonly DecodeBatch[]): DecodeBatch {
  const [only] = batches;
  if (batches.length === 1) return only;
  const lengths = batches.flatMap((batch) => batch.lengths);
  const longest = Math.max(...lengths);
  const aligned = batches.map((batch) => {
    const cache = alignCache(batch.cache, longest);
    disposeCache(batch.cache, cache);
    return cache;
  });
  const cache = stackCaches(aligned);
  for (const part of aligned) disposeCache(part);
  return { cache, lengths };
}

/** Frees a batch. */
export function disposeBatch({ cache }: DecodeBatch): void {
  disposeCache(cache);
}

/** Runs the decoder and reads the logits of the given hidden rows, all by default. */
function runLayers(
  config: EngineConfig,
  weights: NamedTensors,
  layout: Parameters<typeof forwardHidden>[2],
  past: readonly LayerCache[],
  outputRows?: Int32Array,
): { cache: LayerCache[]; logits: Float32Array } {
  const cache: LayerCache[] = [];
  const [logits] = tidy(() => {
    const hidden = forwardHidden(config, weights, layout, past, (_layer, grown) => {
      cache.push(grown);
    }); // [B·T, D]
    const picked = outputRows ? gatherRows(hidden, outputRows) : hidden; // [B, D]
    return [logitsOf({ config, weights }, picked), ...cacheTensors(cache)]; // [B, V]
  });
  const values = logits.dataSync() as Float32Array;
  logits.dispose();
  return { cache, logits: values };
}
