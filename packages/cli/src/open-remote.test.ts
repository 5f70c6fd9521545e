import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { characterTokenizerFiles, LanguageModel, llamaConfigJson } from '@grpo/policy';
import { initBackend } from '@grpo/tensor';
import { type StandIn, startStandIn } from '@grpo/tinker/testing';
import { readMetrics } from '@grpo/trainer';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EXIT } from './command-error.js';
import { main } from './main.js';

const KEY = 'tml-not-to-be-told';
const place = mkdtempSync(join(tmpdir(), 'grpo-remote-'));
const textFiles = characterTokenizerFiles({
  characters: '0123456789',
  tokens: ['<pad>', '<|end|>'],
  padToken: '<pad>',
  endToken: '<|end|>',
  chatTemplate: '{% for m in messages %}{{ m.content }}{% endfor %}',
});
const configJson = llamaConfigJson(
  {
    ...{ vocabularySize: 12, hiddenSize: 16, intermediateSize: 32, layers: 1, heads: 2 },
    ...{ keyValueHeads: 1, headSize: 8, normEpsilon: 1e-5, ropeTheta: 10_000 },
    ...{ contextLength: 16, tiedEmbeddings: true, initializerRange: 0.3 },
  },
  { eos: 1, pad: 0 },
);
let server: StandIn;
beforeAll(async () => {
  await initBackend('wasm');
  vi.stubEnv('GRPO_BACKEND', 'wasm');
  vi.stubEnv('TINKER_API_KEY', KEY);
  server = await startStandIn({
    createModel: ({ rank, seed }) =>
      LanguageModel.create(configJson, textFiles, 3, {
        lora: { rank, alpha: 32, targetModules: 'all-linear', seed },
      }),
    vocabularySize: 12,
    folder: join(place, 'server'),
  });
  // The folder of a model whose weights are not here: tokenizer, template and context length.
  await LanguageModel.create(configJson, textFiles, 3).save(join(place, 'model'));
  rmSync(join(place, 'model', 'model.safetensors'));
  writeFileSync(
    join(place, 'data.jsonl'),
    '{"prompt":"1","answer":"7"}\n{"prompt":"2","answer":"7"}\n',
  );
});
afterAll(async () => {
  await server.dispose();
  vi.unstubAllEnvs();
  rmSync(place, { recursive: true });
});

/** One command on an experiment that is written down with some fields changed. */
async function grpo(args: readonly string[], change: Readonly<Record<string, unknown>> = {}) {
  const experiment = {
    model: 'model',
    engine: { name: 'tinker', url: server.url, rank: 4 },
    dataset: 'data.jsonl',
    evalDataset: 'data.jsonl',
    rewards: ['exactAnswer'],
    advantage: 'group-relative',
    loss: { name: 'grpo', beta: 0.01 },
    config: { maxSteps: 2, promptsPerStep: 2, numGenerations: 4, maxCompletionLength: 3 },
    ...change,
  };
  const path = join(place, 'grpo.config.json');
  writeFileSync(path, JSON.stringify(experiment));
  let text = '';
  const stream = { write: (piece: string) => (text += piece) };
  const terminal = { stdin: process.stdin, stdout: stream, stderr: stream, env: {} };
  const status = await main(
    args.map((arg) => arg.replace(/^(run|CONFIG)$/, (name) => (name === 'run' ? run : path))),
    terminal,
  );
  return { status, text };
}
const run = join(place, 'run');

describe('a run on a server', () => {
  test('trains, goes on after a restart of the server, and is evaluated', async () => {
    const trained = await grpo(['train', 'CONFIG', '--folder', 'run']);
    expect(trained).toMatchObject({ status: EXIT.done });
    expect(trained.text).toContain(`Done: 2 steps in ${run}. Try it: grpo eval ${run}`);
    const facts = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')).facts;
    expect(facts).toMatchObject({ backend: 'tinker', server: server.url, rank: 4 });

    await server.restart();
    const resumed = await grpo(['resume', 'run', '--max-steps', '3']);
    expect(resumed).toMatchObject({ status: EXIT.done });
    expect(resumed.text).toContain('Resuming after step 2 of 3.');
    const steps = readMetrics(join(run, 'metrics.jsonl')).map(({ step }) => step);
    expect(steps).toEqual([1, 2, 3]);

    const evaluated = await grpo(['eval', 'run']);
    expect(evaluated).toMatchObject({ status: EXIT.done });
    expect(evaluated.text).toContain('eval/reward');
    const loaded = server.requests.filter(({ route }) => route === 'load_weights');
    expect(loaded).toHaveLength(2);
    expect(server.requests.at(-1)?.route).toBe('retrieve_future'); // of its models, unloaded
  });

  test('holds no weights to chat with or to export', async () => {
    for (const args of [
      ['chat', 'run'],
      ['export', 'run', join(place, 'exported')],
    ]) {
      const { status, text } = await grpo(args);
      expect(status).toBe(EXIT.usage);
      expect(text).toContain('tinker.json, which says where on a server they are');
    }
  });

  test('holds no key', () => {
    const files = readdirSync(run, { recursive: true, encoding: 'utf8' })
      .map((name) => join(run, name))
      .filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((path) => readFileSync(path, 'utf8').includes(KEY))).toEqual([]);
  });
});

describe('an engine that is asked for wrongly', () => {
  const cases: [string, Readonly<Record<string, unknown>>, number, string][] = [
    ['another name', { engine: { name: 'ray' } }, EXIT.usage, 'needs tinker as the name'],
    ['no url', { engine: { name: 'tinker' } }, EXIT.usage, 'TINKER_BASE_URL, got none'],
    ['options of a model here', { modelOptions: {} }, EXIT.usage, 'needs no modelOptions'],
    [
      'a rank that the server does not have',
      { engine: { name: 'tinker', url: 'URL', rank: 64 } },
      EXIT.backend,
      'LoRA rank 64 must be between 1 and 16',
    ],
    [
      'an address where nothing listens',
      { engine: { name: 'tinker', url: 'http://127.0.0.1:9' } },
      EXIT.backend,
      'client/config cannot be reached',
    ],
  ];
  test.each(cases)('%s is told before anything begins', async (_, change, status, words) => {
    const filled = JSON.parse(JSON.stringify(change).replace('"URL"', JSON.stringify(server.url)));
    const told = await grpo(['train', 'CONFIG', '--folder', join(place, 'none')], filled);
    expect(told.text).toContain(words);
    expect(told.status).toBe(status);
    expect(readdirSync(place)).not.toContain('none');
  });
});
