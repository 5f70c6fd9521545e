import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { initBackend } from '@grpo/tensor';
import { expect, test } from 'vitest';
import { tinyConfig, tinyParts } from '../fixtures/tiny-run.mjs';
import { runFiles } from './run-files.js';
import { train } from './train.js';

test('what a run leaves in its folder is what it says that it leaves', async () => {
  await initBackend('wasm');
  const folder = mkdtempSync(join(tmpdir(), 'grpo-files-'));
  try {
    await train({ parts: tinyParts(), config: { ...tinyConfig, maxSteps: 1 }, folder });
    const files = Object.values(runFiles(folder));
    expect(readdirSync(folder).sort()).toEqual(files.map((path) => basename(path)).sort());
    expect(new Set(files.map((path) => dirname(path)))).toEqual(new Set([folder]));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
