import { LanguageModel, type Precision } from '@grpo/policy';
import { initBackend } from '@grpo/tensor';
import { beforeAll, expect, it } from 'vitest';
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

const sampled = (precision: Precision = 'float32', isOnGpu = false) => ({
  source: model,
  engine: () => model.sampler(),
  precision,
  isOnGpu,
});

it('ONNX Runtime samples where it computes as training does', async () => {
  expect(await chooseSampler('auto', sampled())).toMatchObject({ name: 'onnx' });
  const onGpu = await chooseSampler('auto', sampled('float32', true));
  expect(onGpu).toMatchObject({ name: 'engine', why: 'the model is on a GPU' });
  const half = await chooseSampler('auto', sampled('bfloat16'));
  expect(half).toMatchObject({ name: 'engine', why: 'training is in bfloat16' });
});

it('what is asked for by name is taken', async () => {
  expect(await chooseSampler('engine', sampled())).toMatchObject({ name: 'engine' });
  expect(await chooseSampler('onnx', sampled('bfloat16'))).toMatchObject({ name: 'onnx' });
});

it('where ONNX Runtime is not there, auto says why and a name is an error', async () => {
  const absent = () => Promise.reject(new Error('onnxruntime-node is not installed'));
  const found = await chooseSampler('auto', sampled(), absent);
  expect(found).toMatchObject({ name: 'engine', why: 'onnxruntime-node is not installed' });
  await expect(chooseSampler('onnx', sampled(), absent)).rejects.toThrow('is not installed');
});
