import { LanguageModel } from '@grpo/policy';
import { initBackend } from '@grpo/tensor';
import { beforeAll, expect, test } from 'vitest';
import { chooseSampler } from './choose-sampler.js';

let model: LanguageModel;
beforeAll(async () => {
  await initBackend('cpu');
  const config = {
    model_type: 'llama',
    vocab_size: 8,
    hidden_size: 4,
    intermediate_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 1,
  };
  model = LanguageModel.create(config, new Map(), 0);
});

test('ONNX Runtime samples where it computes as training does', async () => {
  expect(await chooseSampler(model)).toMatchObject({ name: 'onnx' });
  const onGpu = await chooseSampler(model, { isOnGpu: true });
  expect(onGpu).toMatchObject({ name: 'engine', why: 'the policy is on a GPU' });
  const { config } = model;
  const fast = {
    config,
    hasFastSampler: true,
    hostWeights: () => model.hostWeights(),
    sampler: () => model.sampler(),
  };
  expect(await chooseSampler(fast)).toMatchObject({
    name: 'engine',
    why: 'the simd backend samples faster',
  });
  const half = await chooseSampler(model, { precision: 'bfloat16' });
  expect(half).toMatchObject({ name: 'engine', why: 'the policy is in bfloat16' });
});

test('what is asked for by name is taken', async () => {
  expect(await chooseSampler(model, { choice: 'engine' })).toMatchObject({ name: 'engine' });
  const asked = await chooseSampler(model, { choice: 'onnx', precision: 'bfloat16' });
  expect(asked.name).toBe('onnx');
});

test('where ONNX Runtime is not there, auto says why and a name is an error', async () => {
  const absent = () => Promise.reject(new Error('onnxruntime-node is not installed'));
  const found = await chooseSampler(model, {}, absent);
  expect(found).toMatchObject({ name: 'engine', why: 'onnxruntime-node is not installed' });
  const asked = chooseSampler(model, { choice: 'onnx' }, absent);
  await expect(asked).rejects.toThrow('is not installed');
});
