import { expect, test } from 'vitest';
import { type Embed, embeddingSimilarity } from './embedding-similarity.js';
import type { Episode } from './types.js';

const episode = (completion: string, answer: unknown): Episode => ({
  messages: [],
  completion,
  row: { answer },
  environmentReward: 0,
  end: 'terminated',
});
/** Counts the letters a and b. */
const counting =
  (calls: string[][]): Embed =>
  async (texts) => {
    calls.push([...texts]);
    return texts.map((text) => ['a', 'b'].map((letter) => text.split(letter).length - 1));
  };

test.each([
  { said: 'aab', gold: 'aaaabb', r: 1 },
  { said: 'a', gold: 'b', r: 0 },
  { said: 'ab', gold: 'a', r: Math.SQRT1_2 },
  { said: 'b', gold: ['a', 'bb'], r: 1 },
  { said: 'c', gold: 'a', r: 0 },
])('$said beside $gold gives $r', async ({ said, gold, r }) => {
  expect(await embeddingSimilarity(counting([])).fn(episode(said, gold))).toBeCloseTo(r, 12);
});

test('texts asked for together go in batches, and none twice', async () => {
  const calls: string[][] = [];
  const { fn } = embeddingSimilarity(counting(calls), { batchSize: 2 });
  await Promise.all(['a', 'b', 'ab', 'a'].map((said) => fn(episode(said, 'aa'))));
  await fn(episode('ab', 'aa'));
  expect(calls).toEqual([
    ['a', 'aa'],
    ['b', 'ab'],
  ]);
});

test('the cache forgets what was used longest ago', async () => {
  const calls: string[][] = [];
  const { fn } = embeddingSimilarity(counting(calls), { cacheSize: 2 });
  for (const said of ['a', 'b', 'a']) await fn(episode(said, 'aa'));
  expect(calls.flat()).toEqual(['a', 'aa', 'b', 'a']);
});

test('a text is cut before it is embedded', async () => {
  const calls: string[][] = [];
  await embeddingSimilarity(counting(calls), { maxLength: 3 }).fn(episode('a'.repeat(1e6), 'b'));
  expect(calls).toEqual([['aaa', 'b']]);
});

test('a failed call fails its texts, and the next call tries again', async () => {
  let isDown = true;
  const { fn } = embeddingSimilarity(async (texts) => {
    if (isDown) throw new Error('down');
    return texts.map(() => [1]);
  });
  await expect(fn(episode('a', 'b'))).rejects.toThrow('down');
  isDown = false;
  expect(await fn(episode('a', 'b'))).toBe(1);
});

test.each([[[[1]]], [[[1], [Number.NaN]]], [[[1], [1, 2]]], [[[], []]], ['no list']])(
  'an embedder that returns %j is an error',
  async (returned) => {
    const embed = (async () => returned) as unknown as Embed;
    await expect(embeddingSimilarity(embed).fn(episode('a', 'b'))).rejects.toThrow(
      'embeddingSimilarity: embed must return 2 vectors of finite numbers',
    );
  },
);

test('nothing said, or no reference, is left out', async () => {
  const { fn } = embeddingSimilarity(counting([]));
  expect(await fn(episode(' ', 'a'))).toBeNull();
  expect(await fn(episode('a', null))).toBeNull();
});

test('sizes must be positive', () => {
  expect(() => embeddingSimilarity(counting([]), { batchSize: 0 })).toThrow('got 0');
});
