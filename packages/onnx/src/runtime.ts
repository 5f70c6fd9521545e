import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { modelProto } from './graph/model-proto.js';
import type { Runtime } from './types.js';

/**
 * ONNX Runtime, which users install beside this package.
 *
 * @param threads that share a product; default one per core
 * @param load imports it
 * @throws if it is not installed or does not load here
 */
export async function loadRuntime(
  threads?: number,
  load: () => Promise<typeof import('onnxruntime-node')> = () => import('onnxruntime-node'),
): Promise<Runtime> {
  const ort = await imported(load);
  return {
    tensor: ({ data, shape }) => {
      if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
      if (data instanceof Int32Array) return new ort.Tensor('int32', data, shape);
      return new ort.Tensor('int64', data, shape);
    },
    open: async (graph) => {
      const session = await ort.InferenceSession.create(modelProto(graph), {
        ...OPTIONS,
        ...(threads !== undefined && { intraOpNumThreads: threads }),
      });
      return {
        inputs: new Map(graph.inputs.map(({ name, shape }) => [name, shape])),
        run: async (inputs) => dataOf(await session.run(inputs)),
      };
    },
  };
}

/** Lengths differ from run to run, so that a plan of memory made for one serves no other. */
const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  enableMemPattern: false,
  logSeverityLevel: 3,
};

async function imported(load: () => Promise<typeof import('onnxruntime-node')>) {
  try {
    return await load();
  } catch (cause) {
    throw new Error(
      `onnxSampler: needs the package onnxruntime-node, got ${cause instanceof Error ? cause.message : String(cause)}. Run npm install onnxruntime-node.`,
      { cause },
    );
  }
}

function dataOf(outputs: InferenceSession.OnnxValueMapType): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, (value as Tensor).data as Float32Array]),
  );
}
