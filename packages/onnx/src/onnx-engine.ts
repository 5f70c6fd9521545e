import {
  type Decoded,
  type DecodeEngine,
  type HostWeights,
  haveSameShapes,
  type WeightSource,
} from '@grpo/policy';
import { appendToCache, type CachedRows, capacityFor, gatherCache } from './cache.js';
import { cached } from './graph/attention.js';
import { compileDecoder, type Pass } from './graph/compile-decoder.js';
import { positionInputs, promptBias, stepBias } from './place-inputs.js';
import type { HostTensor, Runtime, RuntimeTensor, Session } from './types.js';

/**
 * Decodes on ONNX Runtime. Weights are inputs of the graphs and are read in place, so that those of a new step cost
 * one copy from the training engine, adapters no more than themselves; the graphs are compiled once. Keys and values
 * are kept in host memory, since every output of the runtime is copied: a step returns only its new ones.
 */
export function onnxEngine(runtime: Runtime, source: WeightSource): DecodeEngine<CachedRows> {
  const { config } = source;
  const layers = [...Array(config.layers).keys()];
  let held: HostWeights | undefined;
  let weights: Readonly<Record<string, RuntimeTensor>> = {};
  let sessions: Readonly<Record<Pass, Session>> | undefined;

  async function compile(now: HostWeights): Promise<Record<Pass, Session>> {
    const of = {
      adapterScale: now.adapterScale,
      isAdapted: (module: string) => now.tensors.has(`${module}.lora_A.weight`),
      shapeOf: (name: string) => {
        const found = now.tensors.get(name);
        if (found) return found.shape;
        throw new Error(`onnxSampler: needs the weight "${name}", got none.`);
      },
    };
    const [prompt, step] = await Promise.all([
      runtime.open(compileDecoder(config, of, 'prompt')),
      runtime.open(compileDecoder(config, of, 'step')),
    ]);
    return { prompt, step };
  }

  /** The weights as inputs; those that stayed the same are the ones of before. */
  function inputsOf(now: HostWeights, { inputs }: Session): Record<string, RuntimeTensor> {
    const tensors = [...now.tensors].map(([name, entry]) => {
      if (held?.tensors.get(name) === entry && name in weights) return [name, weights[name]];
      // A norm's weight is a column of the graph, a matrix is what it is.
      const shape = inputs.get(name) as readonly number[] | undefined;
      return [name, runtime.tensor({ data: entry.read(), shape: shape ?? entry.shape })];
    });
    return Object.fromEntries(tensors);
  }

  async function run(
    pass: Pass,
    inputs: Readonly<Record<string, HostTensor>>,
  ): Promise<{ logits: Float32Array; added: Float32Array[] }> {
    if (sessions === undefined) throw new Error('onnxEngine: needs a refresh before a pass.');
    const session = sessions[pass];
    const feeds: Record<string, RuntimeTensor> = {};
    for (const name of session.inputs.keys()) {
      feeds[name] = name in inputs ? runtime.tensor(inputs[name]) : weights[name];
    }
    const outputs = await session.run(feeds);
    const added = layers.flatMap((layer) => {
      const { keys, values } = cached(layer);
      return [outputs[keys], outputs[values]];
    });
    return { logits: outputs.logits, added };
  }

  return {
    refresh: async () => {
      const now = source.hostWeights();
      if (now === held) return false;
      if (held === undefined || sessions === undefined || !haveSameShapes(held, now)) {
        sessions = await compile(now);
      }
      weights = inputsOf(now, sessions.prompt);
      held = now;
      return true;
    },

    prefill: async (prompts) => {
      const tokens = Math.max(...prompts.map(({ length }) => length));
      const ids = new Int32Array(prompts.length * tokens);
      const positions = new Int32Array(ids.length);
      for (const [p, prompt] of prompts.entries()) {
        ids.set(prompt, p * tokens);
        for (let t = 0; t < tokens; t++) positions[p * tokens + t] = t;
      }
      const last = Int32Array.from(prompts, ({ length }, p) => p * tokens + length - 1);
      const split = [prompts.length, tokens, -1, config.headSize];
      const { logits, added } = await run('prompt', {
        ...positionInputs(config, positions),
        ...promptBias(config, tokens),
        ids: { data: ids, shape: [ids.length] },
        last: { data: last, shape: [last.length] },
        split: { data: BigInt64Array.from(split, BigInt), shape: [split.length] },
      });
      const lengths = prompts.map(({ length }) => length);
      return { batch: { lengths, capacity: tokens, tensors: added }, logits };
    },

    step: async (batch, ids): Promise<Decoded<CachedRows>> => {
      const { lengths, capacity, tensors } = batch;
      // A sequence that ended at the last position waits to be dropped and must not run beyond it.
      const positions = lengths.map((length) => Math.min(length, config.contextLength - 1));
      const shape = [ids.length, config.keyValueHeads, capacity, config.headSize];
      const past = layers.flatMap((layer) => {
        const { pastKeys, pastValues } = cached(layer);
        const [keys, values] = [tensors[2 * layer], tensors[2 * layer + 1]];
        return [
          [pastKeys, { data: keys, shape }],
          [pastValues, { data: values, shape }],
        ];
      });
      const { logits, added } = await run('step', {
        ...positionInputs(config, Int32Array.from(positions)),
        ...stepBias(config, lengths, capacity),
        ...Object.fromEntries(past),
        ids: { data: Int32Array.from(ids), shape: [ids.length] },
      });
      return { batch: appendToCache(config, batch, added), logits };
    },

    pick: (batch, rows) => {
      const picks = rows.map((row) => ({ from: batch, row }));
      return gatherCache(config, picks, capacityOf(picks));
    },

    join: (batches) => {
      const [only] = batches;
      if (batches.length === 1) return only;
      const picks = batches.flatMap((from) => from.lengths.map((_, row) => ({ from, row })));
      return gatherCache(config, picks, capacityOf(picks));
    },

    free: () => {}, // memory of JavaScript frees itself
  };
}

function capacityOf(picks: readonly { readonly from: CachedRows; readonly row: number }[]): number {
  return capacityFor(Math.max(...picks.map(({ from, row }) => from.lengths[row])));
}
