import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Tokenizer } from '../types.js';
import { createStreamDecoder } from './stream-decoder.js';
import { createTokenizer } from './tokenizer.js';

interface Decoding {
  readonly ids: number[];
  readonly decoded: string;
}

const read = (name: string) =>
  readFileSync(new URL(`../../fixtures/chatml-tokenizer/${name}`, import.meta.url), 'utf8');
const reference: { encodings: Decoding[]; decodings: Decoding[] } = JSON.parse(
  read('reference.json'),
);
const tokenizer = createTokenizer(new Map([['tokenizer.json', read('tokenizer.json')]]));

/** The piece of each id, and of the flush. */
function pieces(ids: readonly number[], from: Tokenizer = tokenizer): string[] {
  const stream = createStreamDecoder(from);
  return [...ids.map((id) => stream.push(id)), stream.flush()];
}

describe('a stream of ids', () => {
  test.each([...reference.encodings, ...reference.decodings])(
    'of $ids gives in pieces what they decode to together',
    ({ ids, decoded }) => {
      expect(pieces(ids).join('')).toBe(decoded);
    },
  );

  test('gives at each id the whole characters so far, as in the prefixes of the reference', () => {
    const longest = reference.decodings.at(-1)?.ids ?? [];
    const prefixes = reference.decodings.filter(
      ({ ids }) => ids.length > 0 && ids.every((id, i) => id === longest[i]),
    );
    expect(prefixes.map(({ ids }) => ids.length)).toEqual(longest.map((_, i) => i + 1));
    const stream = createStreamDecoder(tokenizer);
    let soFar = '';
    for (const { ids, decoded } of prefixes) {
      soFar += stream.push(ids[ids.length - 1]);
      expect(soFar).toBe(decoded.replace(/\uFFFD$/, ''));
    }
    expect(stream.flush()).toBe('');
  });

  test('gives what stands before a broken character at once, and the character when it is whole', () => {
    const bytes = tokenizer.encode('日');
    expect(bytes).toHaveLength(3);
    const ids = [...tokenizer.encode('ok'), ...bytes.slice(0, 2)];
    const stream = createStreamDecoder(tokenizer);
    expect(ids.map((id) => stream.push(id)).join('')).toBe('ok');
    expect(stream.push(bytes[2])).toBe('日');
  });

  test('gives a character that stays broken with the flush, and starts anew', () => {
    const [first] = tokenizer.encode('日');
    const stream = createStreamDecoder(tokenizer);
    expect(stream.push(first)).toBe('');
    expect(stream.flush()).toBe('\uFFFD');
    expect(stream.flush()).toBe('');
    expect(stream.push(tokenizer.encode('a')[0])).toBe('a');
  });

  test('of any bytes is what they decode to together', () => {
    let state = 1;
    const next = () => {
      state = (state * 48271) % 2147483647;
      return state % tokenizer.vocabularySize;
    };
    for (let length = 0; length < 60; length++) {
      const ids = Array.from({ length }, next);
      expect(pieces(ids).join('')).toBe(tokenizer.decode(ids));
    }
  });

  test('keeps the space before a word that loses it at the start of a text', () => {
    const words = createTokenizer(
      new Map([
        [
          'tokenizer.json',
          JSON.stringify({
            added_tokens: [],
            normalizer: null,
            pre_tokenizer: null,
            post_processor: null,
            decoder: {
              type: 'Sequence',
              decoders: [
                { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
                { type: 'ByteFallback' },
                { type: 'Fuse' },
                { type: 'Strip', content: ' ', start: 1, stop: 0 },
              ],
            },
            model: {
              type: 'BPE',
              merges: [],
              vocab: { '▁': 0, '▁one': 1, '▁two': 2, '<0xC3>': 3, '<0xA9>': 4 },
            },
          }),
        ],
      ]),
    );
    expect(pieces([1, 2, 3, 4, 0, 2], words)).toEqual(['one', ' two', '', 'é', ' ', ' two', '']);
    for (const ids of [
      [0, 1],
      [0, 0, 2, 1],
      [3, 1, 4],
    ]) {
      expect(pieces(ids, words).join('')).toBe(words.decode(ids));
    }
  });

  test('holds a space back that the tokenizer may still clean up', () => {
    const cleaning = createTokenizer(
      new Map([
        ['tokenizer.json', read('tokenizer.json')],
        ['tokenizer_config.json', '{"clean_up_tokenization_spaces": true}'],
      ]),
    );
    for (const text of [
      "I do n't  know . Or , we 've ' so ' ?",
      ' . . n',
      "a 's é ' 日 !",
      "' ' ' . ' ' 've",
    ]) {
      const ids = [...text].flatMap((character) => cleaning.encode(character));
      expect(cleaning.decode(ids)).not.toBe(text);
      expect(pieces(ids, cleaning).join('')).toBe(cleaning.decode(ids));
    }
  });
});
