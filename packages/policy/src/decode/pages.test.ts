import { expect, test } from 'vitest';
import { createPageStore, type Sequence } from './pages.js';

const empty = (): Sequence => ({ pages: [], starts: [], length: 0, node: 0 });
const PLACES = 4;

/** A sequence that has been given some tokens. */
function grown(store: ReturnType<typeof createPageStore>, sequence: Sequence, tokens: number) {
  store.reserve(sequence, tokens);
  sequence.length += tokens;
  return sequence;
}

test('a sequence grows page by page, and a page is filled before the next is taken', () => {
  const store = createPageStore(10, PLACES);
  const sequence = grown(store, empty(), 6);
  expect(sequence.starts).toEqual([0, 4]);
  for (let t = 0; t < 3; t++) grown(store, sequence, 1);
  expect(sequence.starts).toEqual([0, 4, 8]);
  expect(new Set(sequence.pages).size).toBe(3);
});

test('completions share the pages of their prompt, and write to pages of their own', () => {
  const store = createPageStore(10, PLACES);
  const prompt = grown(store, empty(), 6);
  const completions = [0, 1, 2].map(() => grown(store, store.branch(prompt), 1));
  for (const { pages, starts } of completions) {
    expect(pages.slice(0, 2)).toEqual(prompt.pages);
    expect(starts).toEqual([0, 4, 6]);
  }
  expect(new Set(completions.map(({ pages }) => pages[2])).size).toBe(3);
  grown(store, prompt, 1); // others read its last page still
  expect(prompt.starts).toEqual([0, 4, 6]);
});

test('the last reader of a page goes on in it', () => {
  const store = createPageStore(10, PLACES);
  const prompt = grown(store, empty(), 6);
  const completion = store.branch(prompt);
  store.free(prompt);
  expect(grown(store, completion, 2).starts).toEqual([0, 4]);
});

test('freed pages are used again, in memory that is there', () => {
  const store = createPageStore(2 ** 20, PLACES); // two pages to a slab
  const first = grown(store, empty(), 3 * PLACES);
  expect(store.slabs.length).toBe(2);
  const twin = store.branch(first);
  store.free(first);
  grown(store, empty(), PLACES);
  expect(store.slabs.length).toBe(2);
  store.free(twin);
  grown(store, empty(), 3 * PLACES);
  expect(store.slabs.length).toBe(2);
});
