import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createTokenizer } from './tokenizer.js';

interface Decoding {
  readonly ids: number[];
  readonly decoded: string;
  readonly decoded_skip_special: string;
}
interface Encoding extends Decoding {
  readonly text: string;
  readonly ids_with_special: number[];
  readonly tokens: string[];
}
interface Reference {
  readonly vocab_size: number;
  readonly special: Readonly<Record<string, unknown>>;
  readonly encodings: readonly Encoding[];
  readonly decodings: readonly Decoding[];
  readonly padded_batch: {
    readonly texts: string[];
    readonly input_ids: number[][];
    readonly attention_mask: number[][];
  };
}

const read = (name: string) =>
  readFileSync(new URL(`../../fixtures/chatml-tokenizer/${name}`, import.meta.url), 'utf8');
const reference: Reference = JSON.parse(read('reference.json'));
const files = new Map(
  ['tokenizer.json', 'tokenizer_config.json'].map((name) => [name, read(name)]),
);
const tokenizer = createTokenizer(files);

describe('a byte-level tokenizer, beside the one of transformers', () => {
  test.each(reference.encodings)('encodes $text to the same ids and back', (expected) => {
    expect(tokenizer.encode(expected.text)).toEqual(expected.ids);
    expect(tokenizer.encode(expected.text, { addSpecialTokens: true })).toEqual(
      expected.ids_with_special,
    );
    expect(expected.tokens.map((token) => tokenizer.tokenId(token))).toEqual(expected.ids);
    expect(tokenizer.decode(expected.ids)).toBe(expected.decoded);
    expect(tokenizer.decode(expected.ids, { skipSpecialTokens: true })).toBe(
      expected.decoded_skip_special,
    );
  });

  test.each(reference.decodings)('decodes $ids to the same text', (expected) => {
    expect(tokenizer.decode(expected.ids)).toBe(expected.decoded);
    expect(tokenizer.decode(expected.ids, { skipSpecialTokens: true })).toBe(
      expected.decoded_skip_special,
    );
  });

  test('rows of a batch are the unpadded texts', () => {
    const { texts, input_ids, attention_mask } = reference.padded_batch;
    expect(texts.map((text) => tokenizer.encode(text))).toEqual(
      input_ids.map((row, r) => row.filter((_, t) => attention_mask[r][t] === 1)),
    );
  });

  test('has the size and the special tokens of the reference', () => {
    expect(tokenizer.vocabularySize).toBe(reference.vocab_size);
    for (const name of ['eos_token', 'pad_token']) {
      const token = String(reference.special[name]);
      expect(tokenizer.tokenId(token)).toBe(reference.special[`${name}_id`]);
    }
  });
});

describe('the clean-up of spaces', () => {
  const spaced = tokenizer.encode('a . b');

  test('is off where the configuration is silent', () => {
    const silent = new Map(files).set('tokenizer_config.json', '{}');
    expect(createTokenizer(silent).decode(spaced)).toBe('a . b');
  });

  test('is done where the configuration asks for it', () => {
    const asking = new Map(files).set(
      'tokenizer_config.json',
      '{"clean_up_tokenization_spaces": true}',
    );
    expect(createTokenizer(asking).decode(spaced)).toBe('a. b');
    expect(createTokenizer(asking).cleansUpSpaces).toBe(true);
    expect(tokenizer.cleansUpSpaces).toBe(false);
  });
});

describe('damaged files', () => {
  test.each([
    ['tokenizer.json', '{"model"', 'needs JSON in tokenizer.json'],
    ['tokenizer.json', '[]', 'needs JSON in tokenizer.json, got [], which is no object'],
    ['tokenizer.json', '{}', 'needs the description of a tokenizer in tokenizer.json'],
    ['tokenizer.json', '{"model": {"type": "Riddle"}}', 'from it. The file is damaged'],
    ['tokenizer_config.json', 'null', 'needs JSON in tokenizer_config.json'],
  ])('a %s that holds %s is named', (name, text, message) => {
    expect(() => createTokenizer(new Map(files).set(name, text))).toThrow(message);
  });

  test('a folder without tokenizer.json is told how to come by one', () => {
    expect(() => createTokenizer(new Map())).toThrow(
      'createTokenizer: needs tokenizer.json, got none. Copy it into the model folder; save_pretrained',
    );
  });
});
