import {
  add,
  checkpoint,
  gatherRows,
  gelu,
  geluTanh,
  knownGatedLinear,
  knownLinear,
  layerNorm,
  mul,
  type NamedTensors,
  reshape,
  rmsNorm,
  slice,
  swiGlu,
  type Tensor,
  tidy,
} from '@grpo/tensor';
import type { DecoderOps, NamedLinear } from '../architectures/architecture.js';
import { decoder } from '../architectures/decoder.js';
import { type AdapterDropout, adapterOf } from '../lora/lora.js';
import { causalAttention } from './causal-attention.js';
import { type EngineConfig, productIn } from './engine-config.js';
import type { LayerCache } from './key-value-cache.js';
import type { KnownResults } from './known-results.js';
import { type Layout, positionOfEachRow } from './layout.js';
import { linear, type StoredAs } from './linear.js';
import { packedAttention } from './packed-attention.js';
import type { Packing } from './packing.js';
import type { TokenTrace } from './token-trace.js';

/** What a pass that a gradient is taken of needs to know. */
export interface TrainingPass {
  /** Weights that receive gradient, by name. */
  readonly trained: NamedTensors;
  /** Hold only what enters each layer, and compute the layer again for the gradient. */
  readonly checkpointing: boolean;
  /** Is given the constants that all layers share, to keep them until the gradient is taken. */
  readonly hold: (constant: Tensor) => Tensor;
  readonly dropout?: AdapterDropout | undefined;
  /** Results that need not be computed. */
  readonly known?: KnownResults | undefined;
  /** What a sampler left of tokens under these weights; `known` is taken from it. */
  readonly trace?: TokenTrace | undefined;
}

/**
 * Hidden states after the last norm, for the output layer.
 *
 * @param weights by their names in the safetensors file, adapters among them; receive gradient
 * @param cache what earlier passes left, one entry per layer
 * @param onCache is given each layer's keys and values, the new ones appended
 * @param training where a gradient is taken; without it nothing is dropped
 * @returns [B · T, D]
 */
export function forwardHidden(
  config: EngineConfig,
  weights: NamedTensors,
  layout: Layout,
  cache: readonly LayerCache[] = [],
  onCache?: (layer: number, cache: LayerCache) => void,
  training?: TrainingPass,
): Tensor {
  const attention = causalAttention(config, layout, cache, onCache, training?.hold);
  const rows = { ids: layout.ids, positions: positionOfEachRow(layout), attention };
  return runDecoder(config, weights, rows, training); // [B·T, D]
}

/** Hidden states of a packed batch. @returns [N, D] rows of the packing */
export function forwardPacked(
  config: EngineConfig,
  weights: NamedTensors,
  packing: Packing,
  training?: TrainingPass,
): Tensor {
  const { ids, positions } = packing;
  const attention = packedAttention(config, packing, training?.hold, training?.known);
  return runDecoder(config, weights, { ids, positions, attention }, training);
}

/** The rows of a pass: their tokens and positions, and how they see each other. */
interface Rows {
  /** [N] */
  readonly ids: Int32Array;
  /** [N] */
  readonly positions: Int32Array;
  readonly attention: Pick<DecoderOps<Tensor>, 'rotary' | 'attention'>;
}

function runDecoder(
  config: EngineConfig,
  weights: NamedTensors,
  { ids, positions, attention }: Rows,
  training?: TrainingPass,
): Tensor {
  const weight = (name: string): Tensor => {
    const found = weights[name];
    if (found === undefined)
      throw new Error(`forwardHidden: needs the weight "${name}", got none.`);
    return found;
  };
  const centred = (name: string, centre = 0) =>
    centre === 0 ? weight(name) : add(weight(name), centre);

  const isTrained = (name: string) => training !== undefined && name in training.trained;
  /** A projection, added to the residual path where one is given. [N, out] */
  function project(
    x: Tensor,
    name: string,
    bias?: string,
    stored?: StoredAs,
    residual?: Tensor,
  ): Tensor {
    const adapter = adapterOf(weights, name, config.adapterScale ?? 1, training?.dropout);
    const b = bias === undefined ? undefined : weight(bias);
    const known = training?.known?.result(name);
    if (known === undefined) {
      const product = productIn(config.precision);
      const y = linear(x, weight(name), b, { stored, product, adapter });
      return residual === undefined ? y : add(residual, y);
    }
    return knownLinear(known, {
      x,
      weight: weight(name),
      bias: b,
      trainsWeight: isTrained(name),
      isInOut: stored === 'in-out',
      adapter,
      residual,
    });
  }
  /** Where both products are known, and plain. */
  function knownGated(x: Tensor, gate: NamedLinear, up: NamedLinear): Tensor | undefined {
    const known = training?.known;
    if (known === undefined) return undefined;
    const kept = [gate, up].flatMap(({ weight: name, bias }) => {
      const results = known.kept(name);
      const isPlain = bias === undefined && adapterOf(weights, name, 1) === undefined;
      if (results === undefined || !isPlain) return [];
      return [{ weight: weight(name), trainsWeight: isTrained(name), results }];
    });
    if (kept.length < 2) return undefined;
    return knownGatedLinear(x, kept[0], kept[1], known.rows); // [N, F]
  }

  const ops: DecoderOps<Tensor> = {
    block: (at, x, body) => {
      if (training === undefined) return body(x);
      if (training.checkpointing) return checkpoint(body, x, trainedIn(at, training.trained));
      return tidy(() => body(x)); // what the gradient needs is kept all the same
    },
    embedding: (name) => gatherRows(weight(name), ids),
    positionEmbedding: (name) => gatherRows(weight(name), positions),
    linear: project,
    addLinear: (residual, x, name, bias, stored) => project(x, name, bias, stored, residual),
    gatedLinear: (x, gate, up) =>
      knownGated(x, gate, up) ??
      swiGlu(project(x, gate.weight, gate.bias), project(x, up.weight, up.bias)),
    norm: (x, name, centre) => rmsNorm(x, centred(name, centre), config.normEpsilon),
    headNorm: (x, name, centre) => {
      const perHead = reshape(x, [-1, config.headSize]); // [N·H, Dh]
      return reshape(rmsNorm(perHead, centred(name, centre), config.normEpsilon), x.shape);
    },
    layerNorm: (x, name, bias) => layerNorm(x, weight(name), weight(bias), config.normEpsilon),
    ...attention,
    gelu,
    geluTanh,
    add,
    mul,
    scale: mul,
    columns: (x, start, end) => slice(x, [0, start], [-1, end - start]), // [N, end − start]
  };
  return decoder(ops, config); // [N, D]
}

/** The trained weights of one layer. */
function trainedIn(at: string, trained: NamedTensors): Tensor[] {
  return Object.entries(trained).flatMap(([name, weight]) =>
    name.startsWith(`${at}.`) ? [weight] : [],
  );
}
