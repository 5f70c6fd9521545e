import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from './index.js';

test('the example of the README gives what it says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-readme-'));
  const path = join(folder, 'model.safetensors');
  const bias = { shape: [2], data: Float32Array.of(0.5, -1) };
  await writeSafetensors(path, new Map([['head.bias', bias]]), { format: 'pt' });
  const { tensors, metadata } = readSafetensors(path);
  expect(tensors.get('head.bias')).toEqual({ shape: [2], data: Float32Array.of(0.5, -1) });
  expect(metadata).toEqual({ format: 'pt' });
  rmSync(folder, { recursive: true });
});
