import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { initBackend } from '@grpo/tensor';
import { expect, test, vi } from 'vitest';
import { tinyModel, VOCABULARY_SIZE } from '../fixtures/tiny-model.mjs';
import { startStandIn } from './stand-in/stand-in.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const example = /^```ts\n(.*?)^```/ms.exec(readme)?.[1] ?? '';
const promised = [...example.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);

test('the example prints what its comments say', async () => {
  await initBackend('wasm');
  const folder = mkdtempSync(join(tmpdir(), 'grpo-readme-'));
  const server = await startStandIn({
    createModel: tinyModel,
    vocabularySize: VOCABULARY_SIZE,
    folder,
  });
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    const file = join(folder, 'example.ts');
    writeFileSync(file, example.replace('http://localhost:8000', server.url));
    await import(/* @vite-ignore */ pathToFileURL(file).href);
    expect(promised).toHaveLength(2);
    expect(log.mock.calls.map((values) => format(...values))).toEqual(promised);
  } finally {
    log.mockRestore();
    await server.dispose();
    rmSync(folder, { recursive: true });
  }
});
