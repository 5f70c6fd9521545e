// Mistakes that other implementations made and repaired: one test each, so that none comes back here.
import { fileURLToPath } from 'node:url';
import { initBackend } from '@grpo/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { characterTokenizerFiles } from './chat/character-tokenizer.js';
import { createChatFormat } from './chat/chat-format.js';
import { createTokenizer } from './chat/tokenizer.js';
import { toTokenBatch } from './engine/token-batch.js';
import { LanguageModel } from './model/language-model.js';

const open = () =>
  LanguageModel.open(fileURLToPath(new URL('../fixtures/llama-gqa-tied', import.meta.url)));
const scored = (ids: readonly number[]) => ({ ids, mask: ids.map((_, t) => t > 0) });

beforeAll(async () => {
  await initBackend('wasm');
});

describe('retokenization', () => {
  it('sampled ids need not be those that their text would be encoded to, and stay as they are', () => {
    const files = characterTokenizerFiles({
      characters: 'ab',
      tokens: ['<pad>', '<end>', 'ab'],
      padToken: '<pad>',
      endToken: '<end>',
      chatTemplate: '{% for m in messages %}{{ m.content }}{% endfor %}',
    });
    const tokenizer = createTokenizer(files);
    const chat = createChatFormat(files);
    const sampled = [3, 4, 1]; // the characters a and b, where the encoder would write the token ab
    const text = chat.decodeCompletion(sampled);
    expect(text).toBe('ab');
    expect(tokenizer.encode(text)).toEqual([2]);
    // What follows the answer continues the sampled ids, and does not encode the answer anew.
    const before = [{ role: 'assistant' as const, content: `${text}<end>` }];
    expect(chat.encodeContinuation(before, [{ role: 'user', content: 'b' }])).toEqual([4]);
  });
});

describe('sampling transforms', () => {
  it('the temperature divides the logits of the policy as it does those of the sampler', async () => {
    const model = open();
    const ids = [3, 9, 27];
    const v = model.config.vocabularySize;
    const z = (await model.logits(ids)).slice(v, 2 * v).map((logit) => logit / 0.5);
    const expected = z[27] - Math.log(z.reduce((sum, x) => sum + Math.exp(x), 0));
    const logProbs = await model.logProbs(toTokenBatch([scored(ids)], 0.5));
    expect(logProbs[2]).toBeCloseTo(expected, 4);
    model.dispose();
  });

  it('temperature 0 takes the best token and divides by nothing', async () => {
    const model = open();
    const [{ logProbs }] = await model
      .sampler()
      .sample([{ ids: [3, 9], seed: 1 }], { maxTokens: 4, temperature: 0, stopIds: [] });
    for (const logProb of logProbs) expect(logProb).toBeLessThanOrEqual(0);
    expect(logProbs.every(Number.isFinite)).toBe(true);
    model.dispose();
  });
});

describe('end tokens', () => {
  it('any of several stop ids ends a row as stopped, and the id is part of it', async () => {
    const model = open();
    const options = { maxTokens: 3, temperature: 0, stopIds: [] };
    const [{ ids }] = await model.sampler().sample([{ ids: [3, 9], seed: 1 }], options);
    const stopIds = [95, ids[0]];
    const [row] = await model.sampler().sample([{ ids: [3, 9], seed: 1 }], { ...options, stopIds });
    expect(row).toMatchObject({ ids: ids.slice(0, 1), stopReason: 'stop' });
    model.dispose();
  });

  it('the mask says what is scored; an id that is also the padding id counts like any other', async () => {
    const model = open();
    const batch = toTokenBatch([scored([3, 0, 0]), scored([3, 9, 27, 81])]);
    const logProbs = await model.logProbs(batch);
    expect([...batch.mask]).toEqual([0, 1, 1, 0, 0, 1, 1, 1]);
    expect([...logProbs].map((x) => x !== 0)).toEqual([...batch.mask].map((m) => m === 1));
    model.dispose();
  });
});

describe('padding', () => {
  it('a row has the same log-probs alone and beside longer ones', async () => {
    const model = open();
    const short = [3, 9, 27];
    const long = Array.from({ length: 40 }, (_, i) => (7 * i) % 96);
    const together = await model.logProbs(toTokenBatch([scored(short), scored(long)]));
    const alone = await model.logProbs(toTokenBatch([scored(short)]));
    for (const t of [1, 2]) expect(together[t]).toBeCloseTo(alone[t], 5);
    model.dispose();
  });

  it('a prompt that is padded on the left for sampling gets the positions it has in training', async () => {
    const model = open();
    const prompts = [[3], [40, 41, 42, 43, 44, 45, 46, 47, 48]];
    const sampled = await model.sampler().sample(
      prompts.map((ids, seed) => ({ ids, seed })),
      { maxTokens: 5, stopIds: [] },
    );
    const batch = toTokenBatch(sampled.map(({ ids }, i) => scored([...prompts[i], ...ids])));
    const logProbs = await model.logProbs(batch);
    for (const [i, row] of sampled.entries()) {
      row.logProbs.forEach((old, t) => {
        const current = logProbs[i * batch.shape[1] + prompts[i].length + t];
        expect(Math.exp(current - old)).toBeCloseTo(1, 4);
      });
    }
    model.dispose();
  });
});
