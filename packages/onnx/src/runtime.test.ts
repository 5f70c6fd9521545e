import { expect, test } from 'vitest';
import { loadRuntime } from './runtime.js';

test('a runtime that is not there is named, with the command that brings it', async () => {
  const missing = () => Promise.reject(new Error("Cannot find package 'onnxruntime-node'"));
  await expect(loadRuntime(1, missing)).rejects.toThrow(
    "onnxSampler: needs the package onnxruntime-node, got Cannot find package 'onnxruntime-node'. Run npm install onnxruntime-node.",
  );
});

test('a graph runs on tensors of every type that graphs take', async () => {
  const runtime = await loadRuntime(1);
  const session = await runtime.open({
    inputs: [
      { name: 'table', type: 'float32', shape: ['r', 2] },
      { name: 'rows', type: 'int32', shape: ['n'] },
      { name: 'shape', type: 'int64', shape: [1] },
    ],
    outputs: [{ name: 'out', type: 'float32', shape: ['m'] }],
    constants: [],
    nodes: [
      { operator: 'Gather', inputs: ['table', 'rows'], outputs: ['picked'] },
      { operator: 'Reshape', inputs: ['picked', 'shape'], outputs: ['out'] },
    ],
  });
  expect([...session.inputs.keys()]).toEqual(['table', 'rows', 'shape']);
  const { out } = await session.run({
    table: runtime.tensor({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }),
    rows: runtime.tensor({ data: Int32Array.of(1, 0, 1), shape: [3] }),
    shape: runtime.tensor({ data: BigInt64Array.of(-1n), shape: [1] }),
  });
  expect([...out]).toEqual([3, 4, 1, 2, 3, 4]);
});
