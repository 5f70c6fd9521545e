/**
 * Glossary
 * - Graph: what a model computes, as an .onnx file holds it. Compiled once; weights are among its inputs.
 * - Pass: one run of a graph: over whole prompts, or over one more token of each sequence.
 * - Cache: keys and values of the tokens so far, in host memory.
 */
import type { SamplerOptions } from '@grpo/policy';
import type { Tensor } from 'onnxruntime-node';
import type { Graph } from './graph/model-proto.js';

export interface OnnxSamplerOptions extends SamplerOptions {
  /** Threads that share a product. Default: one per core. */
  readonly threads?: number;
}

/** A tensor in host memory, which the runtime reads in place. */
export interface HostTensor {
  readonly data: Float32Array | Int32Array | BigInt64Array;
  readonly shape: readonly number[];
}

/** A tensor as the runtime takes it. */
export type RuntimeTensor = Tensor;

/** A graph that can be run. */
export interface Session {
  /** The inputs that the graph reads; others are not to be given. */
  readonly inputs: ReadonlyMap<string, readonly (number | string)[]>;
  /** @returns every output by name, in new memory */
  run(inputs: Readonly<Record<string, RuntimeTensor>>): Promise<Record<string, Float32Array>>;
}

export interface Runtime {
  tensor(host: HostTensor): RuntimeTensor;
  open(graph: Graph): Promise<Session>;
}
