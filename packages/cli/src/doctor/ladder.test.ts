import { expect, it } from 'vitest';
import { climb, remedyFor } from './ladder.js';

it('every rung is tried, and one that does not carry has its reason and what helps', async () => {
  const missing = "Cannot find module '@tensorflow/tfjs-node-gpu'";
  const rungs = await climb(async (name) =>
    name === 'gpu' ? { name, starts: false, reason: missing } : { name, starts: true },
  );
  expect(rungs.map(({ name }) => name)).toEqual(['gpu', 'simd', 'native', 'wasm', 'cpu']);
  expect(rungs[0]).toEqual({
    name: 'gpu',
    starts: false,
    reason: missing,
    remedy: 'Only for an NVIDIA GPU with CUDA: npm install @tensorflow/tfjs-node-gpu',
  });
  expect(rungs[1]).toEqual({ name: 'simd', starts: true });
});

it.each([
  ['simd', 'the kernels are not compiled', 'npm rebuild @grpo/tensor'],
  ['native', "Cannot find module '@tensorflow/tfjs-node'", 'npm install @tensorflow/tfjs-node'],
  ['native', 'The Node.js native addon module (tfjs_binding.node) can not be found', 'npm rebuild'],
  ['native', 'loading it ends the process (SIGILL)', 'remove @tensorflow/tfjs-node'],
  ['native', 'something new', 'Install it anew'],
  ['wasm', 'anything', 'remove node_modules'],
] as const)('%s: %s', (name, reason, remedy) => {
  expect(remedyFor(name, reason)).toContain(remedy);
});
