import type { DecoderOps, LayerAttention, ModelConfig, Rope } from '@grpo/policy';
import type { Value } from './decoder-ops.js';
import type { GraphBuilder } from './graph-builder.js';

/** The inputs of a graph that say where its rows stand, by what they depend on. */
export interface PlaceInputs {
  /** [2, Dh / 2, N] cosines, and sines with their signs. */
  readonly cosine: (rope: number) => string;
  readonly sine: (rope: number) => string;
  /** 0 where a query sees a key, a large negative number where not. */
  readonly bias: (window: number | undefined) => string;
}

export const places: PlaceInputs = {
  cosine: (rope) => `cosine-${rope}`,
  sine: (rope) => `sine-${rope}`,
  bias: (window) => `bias-${window ?? 'all'}`,
};

/** The names that a layer's keys and values have among inputs and outputs. */
export const cached = (layer: number) => ({
  pastKeys: `past-keys-${layer}`,
  pastValues: `past-values-${layer}`,
  keys: `keys-${layer}`,
  values: `values-${layer}`,
});

/** The distinct ropes of a model, in the order of its layers. */
export function ropesOf({ attention }: ModelConfig): Rope[] {
  return [...new Set(attention.flatMap(({ rope }) => (rope ? [rope] : [])))];
}

/** Turns each head by its position: the pair (i, i + Dh / 2) by one angle. */
export function graphRotary(
  graph: GraphBuilder,
  config: ModelConfig,
): Pick<DecoderOps<Value>, 'rotary'> {
  const { node, integers } = graph;
  const ropes = ropesOf(config);
  const half = config.headSize / 2;
  return {
    rotary: (x, rope) => {
      if (rope === undefined) return x;
      const index = ropes.indexOf(rope);
      const cosine = graph.input(places.cosine(index), [2, half, 'n']);
      const sine = graph.input(places.sine(index), [2, half, 'n']);
      const shape = integers([x.width / config.headSize, 2, half, -1]);
      const pairs = node('Reshape', [x.name, shape]); // [H, 2, Dh / 2, N]
      const [first, second] = graph.nodes('Split', [pairs], 2, { axis: 1 });
      const swapped = node('Concat', [second, first], { axis: 1 }); // [H, 2, Dh / 2, N]
      const turned = node('Add', [node('Mul', [pairs, cosine]), node('Mul', [swapped, sine])]);
      return { name: node('Reshape', [turned, integers([x.width, -1])]), width: x.width };
    },
  };
}

/** Attention of whole prompts, right-padded, P of T tokens; keys and values [P, Hkv, T, Dh] are outputs. */
export function promptAttention(
  graph: GraphBuilder,
  config: ModelConfig,
): Pick<DecoderOps<Value>, 'attention'> {
  const { node, integers, scalar } = graph;
  const { heads, keyValueHeads: hkv, headSize: dh } = config;
  return {
    attention: (layer, q, k, v, view) => {
      const split = graph.input('split', [4], 'int64'); // P, T, −1, Dh
      const perHead = ({ name }: Value) => {
        const rows = node('Transpose', [name], { perm: [1, 0] }); // [P·T, H·Dh]
        return node('Transpose', [node('Reshape', [rows, split])], { perm: [0, 2, 1, 3] });
      }; // [P, H, T, Dh]
      const scaled = { ...q, name: node('Mul', [q.name, scalar(view.scale)]) }; // [H·Dh, P·T]
      const keys = perHead(k);
      const values = perHead(v);
      graph.output(cached(layer).keys, keys, ['p', hkv, 't', dh]);
      graph.output(cached(layer).values, values, ['p', hkv, 't', dh]);
      const queries = node('Reshape', [perHead(scaled), integers([0, hkv, -1, dh])]); // [P, Hkv, R·T, Dh]
      const turned = node('Transpose', [keys], { perm: [0, 1, 3, 2] }); // [P, Hkv, Dh, T]
      const products = node('MatMul', [queries, turned]); // [P, Hkv, R·T, T]
      const scores = node('Reshape', [products, integers([0, heads, -1, 0])]); // [P, H, T, T]
      const p = weightsOf(graph, scores, view, [1, 1, 't', 't']); // [P, H, T, T]
      const grouped = node('Reshape', [p, integers([0, hkv, -1, 0])]); // [P, Hkv, R·T, T]
      const attended = node('MatMul', [grouped, values]); // [P, Hkv, R·T, Dh]
      const back = node('Reshape', [attended, integers([0, heads, -1, dh])]); // [P, H, T, Dh]
      const rows = node('Transpose', [back], { perm: [0, 2, 1, 3] }); // [P, T, H, Dh]
      return columnsOf(graph, rows, q.width);
    },
  };
}

/**
 * Attention of one new token per row to S cached places and to itself, in two parts; its key and value [B, Hkv, 1, Dh]
 * are outputs. The cache stands on the left of its product, where it is read in place.
 */
export function stepAttention(
  graph: GraphBuilder,
  config: ModelConfig,
): Pick<DecoderOps<Value>, 'attention'> {
  const { node, integers, scalar } = graph;
  const { heads, keyValueHeads: hkv, headSize: dh } = config;
  const repeats = heads / hkv;
  return {
    attention: (layer, q, k, v, view) => {
      const names = cached(layer);
      const pastKeys = graph.input(names.pastKeys, ['b', hkv, 's', dh]);
      const pastValues = graph.input(names.pastValues, ['b', hkv, 's', dh]);
      const perHead = ({ name }: Value, shape: readonly number[]) =>
        node('Reshape', [node('Transpose', [name], { perm: [1, 0] }), integers(shape)]);
      const key = perHead(k, [-1, hkv, 1, dh]);
      const value = perHead(v, [-1, hkv, 1, dh]);
      graph.output(names.keys, key, ['b', hkv, 1, dh]);
      graph.output(names.values, value, ['b', hkv, 1, dh]);
      const scaled = { ...q, name: node('Mul', [q.name, scalar(view.scale)]) }; // [H·Dh, B]
      const queries =
        repeats === 1
          ? perHead(scaled, [-1, hkv, dh, 1])
          : node('Transpose', [perHead(scaled, [-1, hkv, repeats, dh])], { perm: [0, 1, 3, 2] }); // [B, Hkv, Dh, R]
      const products = [pastKeys, key].map((side) => node('MatMul', [side, queries]));
      const joined = node('Concat', products, { axis: 2 }); // [B, Hkv, S + 1, R]
      const scores =
        repeats === 1
          ? node('Reshape', [joined, integers([0, 0, 1, -1])])
          : node('Transpose', [joined], { perm: [0, 1, 3, 2] }); // [B, Hkv, R, S + 1]
      const p = weightsOf(graph, scores, view, ['b', 1, 1, 's + 1']); // [B, Hkv, R, S + 1]
      const before = slice(graph, p, 0, -1); // [B, Hkv, R, S]
      const own = slice(graph, p, -1, END); // [B, Hkv, R, 1]
      const attended = node('Add', [
        node('MatMul', [before, pastValues]),
        node('Mul', [own, value]),
      ]); // [B, Hkv, R, Dh]
      return columnsOf(graph, attended, q.width);
    },
  };
}

/** Beyond every length. */
const END = 2 ** 31 - 1;

function slice({ node, integers }: GraphBuilder, x: string, from: number, to: number): string {
  return node('Slice', [x, integers([from]), integers([to]), integers([3])]);
}

/** softmax(cap(scores) + bias) over the last axis. */
function weightsOf(
  graph: GraphBuilder,
  scores: string,
  { softcap, window }: LayerAttention,
  biasShape: readonly (number | string)[],
): string {
  const { node } = graph;
  const capped = softcap === undefined ? scores : graphSoftCap(graph, scores, softcap);
  const bias = graph.input(places.bias(window), biasShape);
  return node('Softmax', [node('Add', [capped, bias])], { axis: -1 });
}

/** cap · tanh(x / cap) */
export function graphSoftCap({ node, scalar }: GraphBuilder, x: string, cap: number): string {
  return node('Mul', [node('Tanh', [node('Div', [x, scalar(cap)])]), scalar(cap)]);
}

/** Rows that hold `width` numbers, as columns. → [width, N] */
function columnsOf({ node, integers }: GraphBuilder, rows: string, width: number): Value {
  const flat = node('Reshape', [rows, integers([-1, width])]); // [N, width]
  return { name: node('Transpose', [flat], { perm: [1, 0] }), width };
}
