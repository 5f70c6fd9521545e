import { afterEach, expect, test } from 'vitest';
import { initBackend } from './backend.js';

const before = process.env.GRPO_BACKEND;
afterEach(() => {
  if (before === undefined) delete process.env.GRPO_BACKEND;
  else process.env.GRPO_BACKEND = before;
});

test('GRPO_BACKEND overrides the ladder', async () => {
  process.env.GRPO_BACKEND = 'wasm';
  const info = await initBackend();
  expect(info.name).toBe('wasm');
  expect(info.passedOver).toEqual([]);
});

test('an unknown backend is an error that lists the known ones', async () => {
  process.env.GRPO_BACKEND = 'cuda';
  await expect(initBackend()).rejects.toThrow(
    'GRPO_BACKEND needs one of gpu, simd, native, wasm, cpu, got "cuda"',
  );
});

test('a backend asked for by name is never replaced by another', async () => {
  await expect(initBackend('gpu')).rejects.toThrow(/needs a backend that loads, got gpu: .*wasm/);
});

test('without a wish the first rung that loads is taken and the others are explained', async () => {
  delete process.env.GRPO_BACKEND;
  const info = await initBackend();
  expect(['simd', 'native', 'wasm']).toContain(info.name);
  expect(info.passedOver.map(({ name }) => name)).toContain('gpu');
  for (const { reason } of info.passedOver) expect(reason).not.toBe('');
});
