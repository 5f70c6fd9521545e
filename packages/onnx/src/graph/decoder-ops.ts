import type { DecoderOps, ModelConfig } from '@grpo/policy';
import type { GraphBuilder } from './graph-builder.js';

/** A value of the graph, [width, N]. */
export interface Value {
  readonly name: string;
  readonly width: number;
}

/** How weights enter a graph. */
export interface GraphWeights {
  /** The shape of a weight as it is stored. */
  readonly shapeOf: (name: string) => readonly number[];
  /** Whether a projection, named without `.weight`, has a low-rank adapter. */
  readonly isAdapted: (module: string) => boolean;
  /** Multiplies what adapters add. */
  readonly adapterScale: number;
}

/**
 * The operations of a decoder, but for attention and its positions, as nodes of a graph. Values are [width, N]: a row is
 * a column. The large factor of every product, the weight, then stands on the left, which ONNX Runtime reads in
 * place; a right factor it would pack anew at every run. So weights can be inputs, and new ones cost nothing.
 */
export function graphOps(
  graph: GraphBuilder,
  config: ModelConfig,
  { shapeOf, isAdapted, adapterScale }: GraphWeights,
): Omit<DecoderOps<Value>, 'rotary' | 'attention'> {
  const { node, scalar, integers } = graph;
  const matrix = (name: string) => graph.input(name, shapeOf(name)); // [out, in]
  const column = (name: string) => graph.input(name, [shapeOf(name)[0], 1]); // [D, 1]
  const centred = (name: string, centre = 0) =>
    centre === 0 ? column(name) : node('Add', [column(name), scalar(centre)]); // [D, 1]
  /** Rows of a table for indices. → [D, N] */
  const lookUp = (table: string, indices: string): Value => ({
    name: node('Transpose', [node('Gather', [matrix(table), indices])], { perm: [1, 0] }),
    width: shapeOf(table)[1],
  });
  /** The mean over the rows of [width, N] or [H, width, N], by a product: a reduction over rows is slower. → [1, N] */
  const mean = (x: string, width: number) =>
    node('MatMul', [graph.filled([1, width], 1 / width), x]);
  /** x / √(mean of x² + ε) */
  const rescaled = (x: string, width: number) => {
    const square = mean(node('Mul', [x, x]), width); // [1, N]
    const root = node('Sqrt', [node('Add', [square, scalar(config.normEpsilon)])]);
    return node('Div', [x, root]);
  };
  const half = (x: string) => node('Mul', [x, scalar(0.5)]);
  const each = ({ width }: Value, name: string): Value => ({ name, width });
  const linear: DecoderOps<Value>['linear'] = (x, weight, bias, stored = 'out-in') => {
    const shape = shapeOf(weight);
    const width = stored === 'out-in' ? shape[0] : shape[1];
    const transA = stored === 'out-in' ? 0 : 1;
    const factors = [matrix(weight), x.name];
    const name =
      bias === undefined && transA === 0
        ? node('MatMul', factors) // the runtime would fold a transposition into a Gemm, and turn it round
        : node('Gemm', bias === undefined ? factors : [...factors, column(bias)], { transA }); // [out, N]
    const module = weight.replace(/\.weight$/, '');
    if (!isAdapted(module)) return { name, width };
    const low = node('Gemm', [matrix(`${module}.lora_A.weight`), x.name]); // [r, N]
    const alpha = { float: adapterScale };
    const b = matrix(`${module}.lora_B.weight`); // [out, r]
    return { name: node('Gemm', [b, low, name], { alpha }), width };
  };

  return {
    block: (_at, x, body) => body(x),
    embedding: (name) => lookUp(name, graph.input('ids', ['n'], 'int32')),
    positionEmbedding: (name) => lookUp(name, graph.input('positions', ['n'], 'int32')),
    linear,
    addLinear: (residual, ...projection) =>
      each(residual, node('Add', [residual.name, linear(...projection).name])),
    gatedLinear: (x, gate, up) => {
      const [g, u] = [gate, up].map(({ weight, bias }) => linear(x, weight, bias)); // [F, N]
      const open = node('Mul', [g.name, node('Sigmoid', [g.name])]); // [F, N]
      return each(u, node('Mul', [open, u.name]));
    },
    norm: (x, weight, centre) =>
      each(x, node('Mul', [rescaled(x.name, x.width), centred(weight, centre)])),
    headNorm: (x, weight, centre) => {
      const { headSize } = config;
      const heads = integers([x.width / headSize, headSize, -1]);
      const perHead = node('Reshape', [x.name, heads]); // [H, Dh, N]
      const normed = node('Mul', [rescaled(perHead, headSize), centred(weight, centre)]);
      return each(x, node('Reshape', [normed, integers([x.width, -1])]));
    },
    layerNorm: (x, weight, bias) => {
      const moved = node('Sub', [x.name, mean(x.name, x.width)]); // [D, N]
      const scaled = node('Mul', [rescaled(moved, x.width), column(weight)]); // [D, N]
      return each(x, node('Add', [scaled, column(bias)]));
    },
    gelu: (x) => {
      const erf = node('Erf', [node('Mul', [x.name, scalar(Math.SQRT1_2)])]);
      return each(x, node('Mul', [half(x.name), node('Add', [erf, scalar(1)])]));
    },
    geluTanh: (x) => {
      const square = node('Mul', [x.name, x.name]);
      const cube = node('Mul', [node('Mul', [square, x.name]), scalar(0.044715)]);
      const inner = node('Mul', [node('Add', [x.name, cube]), scalar(Math.sqrt(2 / Math.PI))]);
      return each(x, node('Mul', [half(x.name), node('Add', [node('Tanh', [inner]), scalar(1)])]));
    },
    add: (a, b) => each(a, node('Add', [a.name, b.name])),
    mul: (a, b) => each(a, node('Mul', [a.name, b.name])),
    scale: (x, factor) => each(x, node('Mul', [x.name, scalar(factor)])),
    columns: (x, start, end) => ({
      name: node('Slice', [x.name, integers([start]), integers([end]), integers([0])]),
      width: end - start,
    }),
  };
}
