import { bytes, concatenated, type Field, float, integer, message, text } from './wire.js';

/** Numbers of the enumeration TensorProto.DataType. */
const DATA_TYPE = { float32: 1, int32: 6, int64: 7 } as const;
/** Numbers of the enumeration AttributeProto.AttributeType. */
const FLOAT = 1;
const INTEGER = 2;
const INTEGERS = 7;

/** Version 8 of the format, of 2021, knows all that is written here. */
const FORMAT = 8;
/** The operators of ONNX 1.12, of 2022. */
const OPERATORS = 17;

export type ElementType = keyof typeof DATA_TYPE;

/** An input or output of a graph: its lengths, or the names of those that vary. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** A number is an integer where it is whole, unless it stands in `float`. */
export type Attribute = number | readonly number[] | { readonly float: number };

export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A tensor that is part of the graph. */
export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** What a graph computes, its nodes in an order in which they can run. */
export interface Graph {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly GraphNode[];
}

/**
 * A graph as the bytes of an .onnx file. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
export function modelProto({ inputs, outputs, constants, nodes }: Graph): Uint8Array {
  const graph = [
    ...nodes.map((node, n) => message(1, nodeProto(node, n))),
    text(2, 'decoder'),
    ...constants.map((constant) => message(5, tensorProto(constant))),
    ...inputs.map((info) => message(11, valueInfoProto(info))),
    ...outputs.map((info) => message(12, valueInfoProto(info))),
  ];
  return concatenated([
    integer(1, FORMAT),
    text(2, 'grpo'),
    message(7, graph),
    message(8, [text(1, ''), integer(2, OPERATORS)]),
  ]);
}

function nodeProto({ operator, inputs, outputs, attributes = {} }: GraphNode, n: number): Field[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, `${operator}-${n}`),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => message(5, attributeProto(name, value))),
  ];
}

function attributeProto(name: string, value: Attribute): Field[] {
  if (typeof value === 'number') return [text(1, name), integer(3, value), integer(20, INTEGER)];
  if ('float' in value) return [text(1, name), float(2, value.float), integer(20, FLOAT)];
  return [text(1, name), ...value.map((each) => integer(8, each)), integer(20, INTEGERS)];
}

function tensorProto({ name, shape, data }: Constant): Field[] {
  const type = data instanceof Float32Array ? DATA_TYPE.float32 : DATA_TYPE.int64;
  return [
    ...shape.map((length) => integer(1, length)),
    integer(2, type),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

function valueInfoProto({ name, type, shape }: ValueInfo): Field[] {
  const lengths = shape.map((length) =>
    message(1, [typeof length === 'number' ? integer(1, length) : text(2, length)]),
  );
  const tensorType = [integer(1, DATA_TYPE[type]), message(2, lengths)];
  return [text(1, name), message(2, [message(1, tensorType)])];
}
