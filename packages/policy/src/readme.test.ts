import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { initBackend } from '@grpo/tensor';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { llamaConfigJson } from './architectures/config.js';
import { characterTokenizerFiles } from './chat/character-tokenizer.js';
import { createChatFormat } from './chat/chat-format.js';
import { toTokenBatch } from './engine/token-batch.js';
import { LanguageModel } from './model/language-model.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const example = /^```ts\n(.*?)^```/ms.exec(readme)?.[1] ?? '';
const promised = [...example.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);

const home = process.cwd();
let folder = '';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-readme-'));
  await initBackend('wasm');
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const files = characterTokenizerFiles({
  characters: '0123456789+?',
  tokens: ['<pad>', '<|user|>', '<|assistant|>', '<|end|>'],
  padToken: '<pad>',
  endToken: '<|end|>',
  chatTemplate:
    '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}' +
    '{% if add_generation_prompt %}<|assistant|>{% endif %}',
});

/** A folder of a model that has learned to answer one question. */
async function saveModel(name: string): Promise<void> {
  const config = llamaConfigJson({
    vocabularySize: 16,
    hiddenSize: 16,
    intermediateSize: 32,
    layers: 1,
    heads: 2,
    keyValueHeads: 2,
    headSize: 8,
    normEpsilon: 1e-6,
    ropeTheta: 10000,
    contextLength: 32,
    tiedEmbeddings: false,
    initializerRange: 0.1,
  });
  const model = LanguageModel.create(config, files, 1);
  const batch = toTokenBatch([
    createChatFormat(files).encodeConversation([
      { role: 'user', content: '1+1?' },
      { role: 'assistant', content: '2' },
    ]),
  ]);
  for (let step = 0; step < 30; step++) {
    await model.forwardBackward(batch, (logProbs) => ({
      loss: -logProbs.reduce((sum, x) => sum + x, 0),
      gradLogProbs: Float64Array.from(batch.mask, (m) => -m),
    }));
    await model.optimStep({ learningRate: 3e-2 });
  }
  await model.save(name);
  model.dispose();
}

test('the example of the README loads a folder, chats, takes log-probs and saves, as its comments say', async () => {
  await saveModel('my-model');
  writeFileSync('example.ts', example);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(/* @vite-ignore */ pathToFileURL(join(folder, 'example.ts')).href);
    expect(log.mock.calls.map((values) => format(...values))).toEqual(promised);
  } finally {
    log.mockRestore();
  }
  expect(promised).toEqual(['2', '1.0']);
  for (const file of ['model.safetensors', 'tokenizer.json', 'config.json']) {
    expect(readFileSync(join('my-model-copy', file))).toEqual(readFileSync(join('my-model', file)));
  }
});
