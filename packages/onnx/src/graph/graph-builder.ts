import type {
  Attribute,
  Constant,
  ElementType,
  Graph,
  GraphNode,
  ValueInfo,
} from './model-proto.js';

/** Collects a graph node by node; a value goes by its name. */
export interface GraphBuilder {
  /** Declares an input, once however often it is named. */
  input(name: string, shape: readonly (number | string)[], type?: ElementType): string;
  /** A float of no dimensions. */
  scalar(value: number): string;
  /** [length] floats, all of them `value`. */
  filled(shape: readonly number[], value: number): string;
  /** [n] whole numbers, as shapes and axes are given to operators. */
  integers(values: readonly number[]): string;
  /** One node of one output; returns that. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): string;
  /** One node of several outputs. */
  nodes(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, Attribute>>,
  ): string[];
  /** Makes a node's value an output of the graph, by this name. */
  output(name: string, value: string, shape: readonly (number | string)[]): void;
  build(): Graph;
}

export function graphBuilder(): GraphBuilder {
  const inputs = new Map<string, ValueInfo>();
  const outputs: ValueInfo[] = [];
  const constants = new Map<string, Constant>();
  const list: GraphNode[] = [];
  const renamed = new Map<string, string>();
  let count = 0;

  const constant = (name: string, shape: readonly number[], data: Constant['data']) => {
    if (!constants.has(name)) constants.set(name, { name, shape, data });
    return name;
  };
  const nodes: GraphBuilder['nodes'] = (operator, of, size, attributes = {}) => {
    const names = Array.from({ length: size }, () => `value-${count++}`);
    list.push({ operator, inputs: of, outputs: names, attributes });
    return names;
  };

  return {
    input: (name, shape, type = 'float32') => {
      if (!inputs.has(name)) inputs.set(name, { name, type, shape });
      return name;
    },
    scalar: (value) => constant(`scalar-${value}`, [], Float32Array.of(value)),
    filled: (shape, value) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const data = new Float32Array(size).fill(value);
      return constant(`filled-${shape.join('x')}-${value}`, shape, data);
    },
    integers: (values) =>
      constant(
        `integers-${values.join(',')}`,
        [values.length],
        BigInt64Array.from(values, (value) => BigInt(value)),
      ),
    node: (operator, of, attributes) => nodes(operator, of, 1, attributes)[0],
    nodes,
    output: (name, value, shape) => {
      renamed.set(value, name);
      outputs.push({ name, type: 'float32', shape });
    },
    build: () => {
      const final = (names: readonly string[]) => names.map((name) => renamed.get(name) ?? name);
      return {
        inputs: [...inputs.values()],
        outputs,
        constants: [...constants.values()],
        nodes: list.map((each) => ({
          ...each,
          inputs: final(each.inputs),
          outputs: final(each.outputs),
        })),
      };
    },
  };
}
