import { type Kernels, newArray } from '@grpo/tensor';
import type { ModelConfig, Rope } from '../architectures/architecture.js';
import { attentionOf, logSumsOf, type TokenTrace } from '../engine/token-trace.js';
import type { Instruction, Program, Projection, Value } from './program.js';
import { ropeTables, type Turns } from './rope-tables.js';
import type { DecodeWeights } from './weights.js';

/** The new tokens of a pass, and the pages that they see. */
export interface Pass {
  readonly rows: number;
  /** [rows] */
  readonly ids: Int32Array;
  /** [rows] */
  readonly positions: Int32Array;
  /** [rows] whose token it is; rows of one sequence follow one another. */
  readonly sequences: Int32Array;
  readonly slabs: readonly Float32Array[];
  readonly pagesPerSlab: number;
  /** [sequences, columns, 2] */
  readonly table: Int32Array;
  readonly columns: number;
  /** The first of the rows in which results are kept, where the program has a trace. */
  readonly first?: number;
}

/** Numbers of one value at a time: [rows, width]. */
interface Buffer {
  data: Float32Array;
}

type Step = (pass: Pass) => void;

/**
 * Makes a function of a program: one call of a kernel for each instruction, with all that does not change from pass to
 * pass made before.
 *
 * @param trace keeps the results of projections and attention
 * @returns runs a pass and gives its hidden states [rows, D], which the next pass overwrites
 */
export function linkProgram(
  kernels: Kernels,
  config: ModelConfig,
  weights: DecodeWeights,
  program: Program,
  trace?: TokenTrace,
): (pass: Pass) => Float32Array {
  const { headSize, normEpsilon: epsilon } = config;
  const fresh = (numbers: number) => newArray(kernels, numbers, { onLargePages: true });
  const kept = new Map<string, KeptBuffer>();
  const buffers = assignBuffers(program, trace && kept);
  const scratch: Buffer = { data: new Float32Array() };
  const ropes = new Map<Rope, { turns: Turns; readonly at: ReturnType<typeof ropeTables> }>();
  let places = new Int32Array(); // positions in the table of a model that learned them

  const bufferOf = (value: Value): Buffer => {
    const buffer = buffers.get(value);
    if (buffer === undefined) throw new Error('linkProgram: needs values that were made before.');
    return buffer;
  };
  const turnsOf = (rope: Rope) => {
    const known = ropes.get(rope);
    if (known) return known;
    const none = new Float32Array();
    const made = { turns: { cos: none, sin: none, turned: 0 }, at: ropeTables(kernels, rope) };
    ropes.set(rope, made);
    return made;
  };

  const biasOf = ({ bias }: Projection) => (bias === undefined ? undefined : weights.vector(bias));
  const weightOf = ({ weight, stored }: Projection) => weights.linear(weight, stored);

  function projection(part: Projection, x: Buffer, out: Buffer, residual?: Buffer): Step {
    const weight = weightOf(part);
    const bias = biasOf(part);
    const { inputs, outputs, adapter } = weight;
    const base: Step = ({ rows }) =>
      kernels.linear(
        out.data,
        x.data,
        weight.data,
        rows,
        outputs,
        inputs,
        bias?.data,
        residual?.data,
      );
    if (adapter === undefined) return base;
    const { rank, a, b } = adapter;
    return (pass) => {
      const { rows } = pass;
      base(pass);
      makeRoom(kernels, scratch, rows * rank);
      kernels.linear(scratch.data, x.data, a.data, rows, rank, inputs);
      kernels.linear(out.data, scratch.data, b.data, rows, outputs, rank, undefined, out.data);
    };
  }

  /** One after the other; as what adapters add makes necessary. */
  function apart(projections: readonly Projection[], x: Buffer, outs: readonly Buffer[]): Step {
    const steps = projections.map((part, i) => projection(part, x, outs[i]));
    return (pass) => {
      for (const step of steps) step(pass);
    };
  }

  function together(projections: readonly Projection[], x: Buffer, outs: readonly Buffer[]): Step {
    const parts = projections.map(weightOf);
    if (parts.some(({ adapter }) => adapter)) return apart(projections, x, outs);
    const biases = projections.map(biasOf);
    const widths = Int32Array.from(parts, ({ outputs }) => outputs);
    const { inputs } = parts[0];
    return ({ rows }) =>
      kernels.linears(
        outs.map(({ data }) => data),
        x.data,
        parts.map(({ data }) => data),
        biases.map((bias) => bias?.data),
        widths,
        parts.length,
        rows,
        inputs,
      );
  }

  function gated(
    projections: readonly [gate: Projection, up: Projection],
    x: Buffer,
    [out, gate, up]: readonly Buffer[],
  ): Step {
    const [first, second] = projections.map(weightOf);
    const { inputs, outputs } = first;
    if (first.adapter ?? second.adapter) {
      const both = apart(projections, x, [gate, up]);
      return (pass) => {
        both(pass);
        kernels.swiGlu(out.data, gate.data, up.data, pass.rows * outputs);
      };
    }
    const [gateBias, upBias] = projections.map(biasOf);
    return ({ rows }) =>
      kernels.gatedLinear(
        out.data,
        gate.data,
        up.data,
        x.data,
        first.data,
        second.data,
        rows,
        outputs,
        inputs,
        gateBias?.data,
        upBias?.data,
      );
  }

  function link({ operation, inputs, outputs }: Instruction): Step {
    const [x, second, third] = inputs.map(bufferOf);
    const outs = outputs.map(bufferOf);
    const [out] = outs;
    const { width } = outputs[0];
    switch (operation.kind) {
      case 'embedding': {
        const table = weights.vector(operation.weight);
        const [count] = weights.shapeOf(operation.weight);
        return ({ ids, rows }) => kernels.gatherRows(out.data, table.data, ids, rows, count, width);
      }
      case 'positionEmbedding': {
        const table = weights.vector(operation.weight);
        const [count] = weights.shapeOf(operation.weight);
        const last = config.contextLength - 1;
        return ({ positions, rows }) => {
          if (places.length < rows) places = new Int32Array(rows);
          // A sequence that ended at the last position waits to be dropped and must not run beyond it.
          for (let row = 0; row < rows; row++) places[row] = Math.min(positions[row], last);
          kernels.gatherRows(out.data, table.data, places, rows, count, width);
        };
      }
      case 'linear':
        return projection(operation, x, out, second);
      case 'linears':
        return together(operation.projections, x, outs);
      case 'gatedLinear':
        return gated(operation.projections, x, outs);
      case 'norm':
      case 'headNorm': {
        const weight = weights.vector(operation.weight);
        const size = operation.kind === 'norm' ? width : headSize;
        const { centre } = operation;
        return ({ rows }) =>
          kernels.rmsNorm(
            out.data,
            x.data,
            weight.data,
            (rows * width) / size,
            size,
            epsilon,
            centre,
          );
      }
      case 'layerNorm': {
        const weight = weights.vector(operation.weight);
        const bias = weights.vector(operation.bias);
        return ({ rows }) =>
          kernels.layerNorm(out.data, x.data, weight.data, bias.data, rows, width, epsilon);
      }
      case 'rotary': {
        const rope = turnsOf(operation.rope);
        return ({ rows }) => {
          const { cos, sin, turned } = rope.turns;
          kernels.rotary(
            out.data,
            x.data,
            cos,
            sin,
            rows,
            width / headSize,
            headSize,
            turned,
            false,
          );
        };
      }
      case 'attention': {
        const { layer, view } = operation;
        const logSums = trace && { data: new Float32Array(), width: config.heads };
        if (logSums) kept.set(logSumsOf(layer), logSums);
        const { layers, heads, keyValueHeads } = config;
        const shape = Int32Array.of(0, layers, layer, 0, heads, keyValueHeads, headSize);
        return ({ rows, slabs, pagesPerSlab, table, columns, sequences, positions }) => {
          shape[0] = pagesPerSlab;
          shape[3] = columns;
          kernels.attendPages(
            out.data,
            x.data,
            second.data,
            third.data,
            slabs,
            table,
            sequences,
            positions,
            rows,
            shape,
            view.scale,
            view.window ?? 0,
            view.softcap ?? 0,
            logSums?.data,
          );
        };
      }
      case 'gelu':
        return ({ rows }) => kernels.gelu(out.data, x.data, rows * width);
      case 'geluTanh':
        return ({ rows }) => kernels.geluTanh(out.data, x.data, rows * width);
      case 'add':
      case 'mul': {
        const kernel = operation.kind === 'add' ? kernels.add : kernels.mul;
        const layout = Int32Array.of(0, 1, 1); // numbers, and the strides of both
        return ({ rows }) => {
          layout[0] = rows * width;
          kernel(out.data, x.data, second.data, layout, 1);
        };
      }
      case 'scale': {
        const factor = Float32Array.of(operation.factor);
        const layout = Int32Array.of(0, 1, 0);
        return ({ rows }) => {
          layout[0] = rows * width;
          kernels.mul(out.data, x.data, factor, layout, 1);
        };
      }
      case 'columns': {
        const layout = Int32Array.of(0, width, width, 1, inputs[0].width, 1);
        return ({ rows }) => {
          layout[0] = rows;
          kernels.copy(out.data, x.data, layout, 2, 0, operation.start);
        };
      }
    }
  }

  const steps = program.map(link);
  const last = bufferOf(program.at(-1)?.outputs[0] ?? { width: 0 });
  const own = new Set<Buffer>(kept.values());
  const sizes = [...buffers].flatMap(([{ width }, buffer]) =>
    own.has(buffer) ? [] : [{ width, buffer }],
  );
  let room = 0;
  return (pass) => {
    if (pass.rows > room) {
      room = pass.rows;
      for (const { width, buffer } of sizes) makeRoom(kernels, buffer, room * width);
    }
    for (const [name, buffer] of kept) {
      const rows = trace?.result(name, pass.first ?? 0, pass.rows, buffer.width, fresh);
      if (rows) buffer.data = rows;
    }
    for (const rope of ropes.values()) rope.turns = rope.at(pass.positions, pass.rows);
    for (const step of steps) step(pass);
    return last.data;
  };
}

function makeRoom(kernels: Kernels, buffer: Buffer, numbers: number): void {
  if (buffer.data.length < numbers) buffer.data = newArray(kernels, numbers);
}

/** A result that stays in the rows of a trace. */
interface KeptBuffer extends Buffer {
  readonly width: number;
}

/** The names of an instruction's results in a trace; undefined for those that are not kept. */
function keptAs({ operation }: Instruction): readonly (string | undefined)[] {
  switch (operation.kind) {
    case 'linear':
      return [operation.weight];
    case 'linears':
      return operation.projections.map(({ weight }) => weight);
    case 'gatedLinear':
      return [undefined, ...operation.projections.map(({ weight }) => weight)];
    case 'attention':
      return [attentionOf(operation.layer)];
    default:
      return [];
  }
}

/**
 * A buffer for each value; values that are not needed at the same time share one.
 *
 * @param kept is given the results that a trace keeps, by their names; they share nothing
 */
function assignBuffers(program: Program, kept?: Map<string, KeptBuffer>): Map<Value, Buffer> {
  const lastUse = new Map<Value, number>();
  for (const [at, { inputs, outputs }] of program.entries()) {
    for (const value of [...inputs, ...outputs]) lastUse.set(value, at);
  }
  const buffers = new Map<Value, Buffer>();
  const free: Buffer[] = [];
  const own = new Set<Buffer>();
  for (const [at, instruction] of program.entries()) {
    const { inputs, outputs } = instruction;
    const names = kept ? keptAs(instruction) : [];
    for (const [i, value] of outputs.entries()) {
      const name = names[i];
      if (name === undefined) {
        buffers.set(value, free.pop() ?? { data: new Float32Array() });
        continue;
      }
      const buffer = { data: new Float32Array(), width: value.width };
      buffers.set(value, buffer);
      own.add(buffer);
      kept?.set(name, buffer);
    }
    for (const value of new Set([...inputs, ...outputs])) {
      const buffer = buffers.get(value);
      if (buffer && !own.has(buffer) && lastUse.get(value) === at) free.push(buffer);
    }
  }
  return buffers;
}
