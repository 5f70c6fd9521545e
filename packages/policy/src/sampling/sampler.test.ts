import { fileURLToPath } from 'node:url';
import { initBackend } from '@grpo/tensor';
import { beforeAll, expect, test } from 'vitest';
import { LanguageModel } from '../language-model.js';
import { toTokenBatch } from '../token-batch.js';

const folder = fileURLToPath(new URL('../../fixtures/llama-gqa-tied', import.meta.url));
const open = () => LanguageModel.open(folder);
const prompts = [
  [3, 9, 27, 81],
  [5, 6],
  [3, 9, 27, 81],
  [40, 41, 42, 43, 44, 45],
];
const requests = prompts.map((ids, seed) => ({ ids, seed }));
const options = { maxTokens: 12, temperature: 0.8, stopIds: [7, 8, 9, 10, 11, 12, 13, 14] };

beforeAll(async () => {
  await initBackend('wasm');
});

test('the log-probs of the sampler are those of the policy at the same temperature', async () => {
  const model = open();
  const sampled = await model.sampler().sample(requests, options);
  const batch = toTokenBatch(
    sampled.map(({ ids }, r) => ({
      ids: [...prompts[r], ...ids],
      mask: [...prompts[r].map(() => false), ...ids.map(() => true)],
    })),
    options.temperature,
  );
  const logProbs = await model.logProbs(batch);
  for (const [r, row] of sampled.entries()) {
    row.logProbs.forEach((value, t) => {
      const at = r * batch.shape[1] + prompts[r].length + t;
      expect(Math.abs(value - logProbs[at])).toBeLessThan(1e-4);
    });
  }
  model.dispose();
});

test('a row does not depend on the rows beside it', async () => {
  const model = open();
  const together = await model.sampler().sample(requests, options);
  for (const [r, request] of requests.entries()) {
    const [alone] = await model.sampler().sample([request], options);
    expect(alone.ids).toEqual(together[r].ids);
  }
  model.dispose();
});

test('rows with the same prompt differ by their seeds, and only by them', async () => {
  const model = open();
  const sample = (seed: number) =>
    model.sampler().sample([{ ids: [3, 9, 27], seed }], { ...options, stopIds: [] });
  const [[a], [b], [c]] = [await sample(1), await sample(1), await sample(2)];
  expect(b).toEqual(a);
  expect(c.ids).not.toEqual(a.ids);
  model.dispose();
});

test('a stop id ends a row and is kept; the budget and the context end the others', async () => {
  const model = open();
  const sampled = await model.sampler().sample(requests, options);
  const reasons = new Set(sampled.map(({ stopReason }) => stopReason));
  expect(reasons).toEqual(new Set(['stop', 'length']));
  for (const { ids, logProbs, stopReason } of sampled) {
    expect(logProbs.length).toBe(ids.length);
    const stops = ids.map((id) => options.stopIds.includes(id));
    expect(stops.slice(0, -1)).not.toContain(true);
    expect(stops.at(-1)).toBe(stopReason === 'stop');
    if (stopReason === 'length') expect(ids.length).toBe(options.maxTokens);
  }
  const nearlyFull = new Array<number>(125).fill(5);
  const [last] = await model
    .sampler()
    .sample([{ ids: nearlyFull, seed: 1 }], { maxTokens: 50, stopIds: [] });
  expect(last).toMatchObject({ stopReason: 'length' });
  expect(last.ids.length).toBe(3);
  model.dispose();
});

test('sampled frequencies follow the distribution of the policy', async () => {
  const model = open();
  const many = Array.from({ length: 4000 }, (_, seed) => ({ ids: [3, 9], seed }));
  const sampled = await model.sampler().sample(many, { maxTokens: 1, temperature: 1, stopIds: [] });
  const logits = await model.logits([3, 9]);
  const v = model.config.vocabularySize;
  const row = logits.slice(v);
  const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
  const chiSquare = row.reduce((sum, z, id) => {
    const expected = (4000 * Math.exp(z)) / total;
    const seen = sampled.filter(({ ids }) => ids[0] === id).length;
    return sum + (seen - expected) ** 2 / expected;
  }, 0);
  // 95 degrees of freedom: above 150 with probability 0.0003.
  expect(chiSquare).toBeLessThan(150);
  expect(chiSquare).toBeGreaterThan(50);
  model.dispose();
});

test('the event loop gets a turn between tokens, and an abort ends the call', async () => {
  const model = open();
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('enough')), 20);
  await expect(
    model.sampler().sample([{ ids: [3], seed: 1 }], {
      maxTokens: 120,
      stopIds: [],
      signal: abort.signal,
    }),
  ).rejects.toThrow('enough');
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  model.dispose();
});

test('ids that the model does not have are refused', async () => {
  const model = open();
  const sample = (ids: number[]) => model.sampler().sample([{ ids, seed: 1 }], options);
  await expect(sample([96])).rejects.toThrow('needs token ids from 0 to 95, got 96 in request 0');
  await expect(sample([])).rejects.toThrow('needs at least one prompt token');
  model.dispose();
});
