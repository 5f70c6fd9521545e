import type {
  DecoderOps,
  LayerAttention,
  ModelConfig,
  NamedLinear,
  Rope,
} from '../architectures/architecture.js';
import { decoder } from '../architectures/decoder.js';
import type { StoredAs } from '../engine/linear.js';

/** What an instruction leaves: rows of `width` numbers. */
export interface Value {
  readonly width: number;
}

/** A projection, and the residual path that it is added to. */
export interface Projection {
  readonly kind: 'linear';
  readonly weight: string;
  readonly bias: string | undefined;
  readonly stored: StoredAs;
}

/** An operation of `DecoderOps`, or several in one; weights go by name. */
export type Operation =
  | Projection
  | { readonly kind: 'linears'; readonly projections: readonly Projection[] }
  | {
      readonly kind: 'gatedLinear';
      readonly projections: readonly [gate: Projection, up: Projection];
    }
  | { readonly kind: 'embedding' | 'positionEmbedding'; readonly weight: string }
  | { readonly kind: 'norm' | 'headNorm'; readonly weight: string; readonly centre: number }
  | { readonly kind: 'layerNorm'; readonly weight: string; readonly bias: string }
  | { readonly kind: 'rotary'; readonly rope: Rope }
  | { readonly kind: 'attention'; readonly layer: number; readonly view: LayerAttention }
  | { readonly kind: 'gelu' | 'geluTanh' | 'add' | 'mul' }
  | { readonly kind: 'scale'; readonly factor: number }
  | { readonly kind: 'columns'; readonly start: number; readonly end: number };

/**
 * One line of a program. The second input of a `linear` is added to it. `linears` and `gatedLinear` leave the result of
 * each projection, the latter before them silu(gate) · up.
 */
export interface Instruction {
  readonly operation: Operation;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** A decoder as a list of instructions; the last one leaves the hidden states. */
export type Program = readonly Instruction[];

/**
 * Writes down what the description of a decoder does.
 *
 * @param shapeOf the shape of a weight as it is stored
 */
export function traceDecoder(
  config: ModelConfig,
  shapeOf: (weight: string) => readonly number[],
): Program {
  const program: Instruction[] = [];
  const emit = (operation: Operation, width: number, ...inputs: readonly Value[]): Value => {
    const out = { width };
    program.push({ operation, inputs, outputs: [out] });
    return out;
  };
  const named = ({ weight, bias }: NamedLinear): Projection => ({
    kind: 'linear',
    weight,
    bias,
    stored: 'out-in',
  });
  const ops: DecoderOps<Value> = {
    block: (_at, x, body) => body(x),
    embedding: (weight) => emit({ kind: 'embedding', weight }, shapeOf(weight)[1]),
    positionEmbedding: (weight) => emit({ kind: 'positionEmbedding', weight }, shapeOf(weight)[1]),
    linear: (x, weight, bias, stored = 'out-in') => {
      const width = shapeOf(weight)[stored === 'out-in' ? 0 : 1];
      return emit({ kind: 'linear', weight, bias, stored }, width, x);
    },
    addLinear: (residual, x, weight, bias, stored = 'out-in') =>
      emit({ kind: 'linear', weight, bias, stored }, residual.width, x, residual),
    norm: (x, weight, centre = 0) => emit({ kind: 'norm', weight, centre }, x.width, x),
    headNorm: (x, weight, centre = 0) => emit({ kind: 'headNorm', weight, centre }, x.width, x),
    layerNorm: (x, weight, bias) => emit({ kind: 'layerNorm', weight, bias }, x.width, x),
    rotary: (x, rope) => (rope === undefined ? x : emit({ kind: 'rotary', rope }, x.width, x)),
    attention: (layer, q, k, v, view) => emit({ kind: 'attention', layer, view }, q.width, q, k, v),
    gatedLinear: (x, gate, up) => {
      const [width] = shapeOf(up.weight);
      const outputs = [{ width }, { width }, { width }];
      const projections = [named(gate), named(up)] as const;
      program.push({ operation: { kind: 'gatedLinear', projections }, inputs: [x], outputs });
      return outputs[0];
    },
    gelu: (x) => emit({ kind: 'gelu' }, x.width, x),
    geluTanh: (x) => emit({ kind: 'geluTanh' }, x.width, x),
    add: (a, b) => emit({ kind: 'add' }, a.width, a, b),
    mul: (a, b) => emit({ kind: 'mul' }, a.width, a, b),
    scale: (x, factor) => emit({ kind: 'scale', factor }, x.width, x),
    columns: (x, start, end) => emit({ kind: 'columns', start, end }, end - start, x),
  };
  decoder(ops, config);
  return program;
}

/** The same decoder in fewer passes over memory: projections of one input that follow one another are one instruction. */
export function fuse(program: Program): Program {
  const fused: Instruction[] = [];
  for (const instruction of program) {
    const last = fused.at(-1);
    const joined = last && join(last, instruction);
    if (joined) fused[fused.length - 1] = joined;
    else fused.push(instruction);
  }
  return fused;
}

/** Projections of one input as one instruction. */
function join(a: Instruction, b: Instruction): Instruction | undefined {
  const isAlike = a.inputs.length === 1 && b.inputs.length === 1 && a.inputs[0] === b.inputs[0];
  if (!isAlike || b.operation.kind !== 'linear') return undefined;
  const { operation } = a;
  if (operation.kind !== 'linear' && operation.kind !== 'linears') return undefined;
  const before = operation.kind === 'linears' ? operation.projections : [operation];
  return {
    operation: { kind: 'linears', projections: [...before, b.operation] },
    inputs: a.inputs,
    outputs: [...a.outputs, ...b.outputs],
  };
}
