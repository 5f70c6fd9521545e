import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { type Graph, modelProto } from './model-proto.js';

const graph: Graph = {
  inputs: [
    { name: 'x', type: 'float32', shape: [2, 'n'] },
    { name: 'at', type: 'int32', shape: [1] },
  ],
  outputs: [{ name: 'y', type: 'float32', shape: [3, 1] }],
  constants: [
    { name: 'w', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { name: 'flat', shape: [2], data: BigInt64Array.of(3n, -1n) },
  ],
  nodes: [
    { operator: 'Gemm', inputs: ['w', 'x'], outputs: ['p'], attributes: { alpha: { float: 0.5 } } },
    { operator: 'Gather', inputs: ['p', 'at'], outputs: ['g'], attributes: { axis: 1 } },
    { operator: 'Transpose', inputs: ['g'], outputs: ['t'], attributes: { perm: [1, 0] } },
    { operator: 'Reshape', inputs: ['t', 'flat'], outputs: ['y'] },
  ],
};

test('ONNX Runtime reads constants, attributes of all kinds and varying lengths, and computes', async () => {
  const session = await InferenceSession.create(modelProto(graph));
  expect(session.inputMetadata).toMatchObject([
    { name: 'x', type: 'float32', shape: [2, 'n'] },
    { name: 'at', type: 'int32', shape: [1] },
  ]);
  const x = new Tensor('float32', Float32Array.of(1, 10, 0, 100), [2, 2]); // columns (1, 0), (10, 100)
  const at = new Tensor('int32', Int32Array.of(1), [1]);
  const { y } = await session.run({ x, at });
  expect(y.dims).toEqual([3, 1]);
  expect([...(y.data as Float32Array)]).toEqual([105, 215, 325]); // half of W · (10, 100)
});

test('an operator that does not exist is refused by name', async () => {
  const wrong = { ...graph, nodes: [{ operator: 'Gem', inputs: ['w', 'x'], outputs: ['y'] }] };
  await expect(InferenceSession.create(modelProto(wrong))).rejects.toThrow('Gem');
});
