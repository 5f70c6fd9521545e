import { describe, expect, test } from 'vitest';
import { characterTokenizerFiles } from './character-tokenizer.js';
import { createChatFormat } from './chat-format.js';
import { createTokenizer } from './tokenizer.js';

const files = (chatTemplate: string) =>
  characterTokenizerFiles({
    characters: '0123456789+? ',
    tokens: ['<pad>', '<|user|>', '<|assistant|>', '<|end|>'],
    padToken: '<pad>',
    endToken: '<|end|>',
    chatTemplate,
  });
const TURNS =
  '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}' +
  '{% if add_generation_prompt %}<|assistant|>{% endif %}';
const chat = createChatFormat(files(TURNS));
const tokenizer = createTokenizer(files(TURNS));
const user = (content: string) => ({ role: 'user', content }) as const;
const assistant = (content: string) => ({ role: 'assistant', content }) as const;

describe('a character tokenizer', () => {
  test('gives back any text of its alphabet, markers included', () => {
    const text = '<|user|>37+48?<|end|>';
    const ids = tokenizer.encode(text);
    expect(ids).toEqual([1, 7, 11, 14, 8, 12, 15, 3]);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.vocabularySize).toBe(17);
  });

  test('refuses a character that it does not know, by name', () => {
    expect(() => tokenizer.encode('3x4')).toThrow('got "x"');
  });

  test('refuses a repeated character and an end token that is not there', () => {
    const options = { tokens: ['a'], padToken: 'a', endToken: 'a', chatTemplate: '' };
    expect(() => characterTokenizerFiles({ ...options, characters: '11' })).toThrow('once');
    expect(() => characterTokenizerFiles({ ...options, characters: '1', endToken: 'b' })).toThrow(
      'needs "b" among the tokens',
    );
  });
});

describe('a chat format', () => {
  test('lays a conversation out for the model to answer', () => {
    expect(tokenizer.decode(chat.encodePrompt([user('1+1?')]))).toBe(
      '<|user|>1+1?<|end|><|assistant|>',
    );
  });

  test('prompt, sampled answer and continuation are together the whole conversation', () => {
    const before = [user('1+1?'), assistant('2')];
    const ids = [
      ...chat.encodePrompt(before.slice(0, 1)),
      ...chat.encodeCompletion('2'),
      ...chat.encodeContinuation(before, [user('2+2?')]),
    ];
    expect(ids).toEqual(chat.encodePrompt([...before, user('2+2?')]));
  });

  test('the stop token is no part of the answer', () => {
    expect(chat.decodeCompletion(chat.encodeCompletion('42'))).toBe('42');
    expect(chat.decodeCompletion(tokenizer.encode('42'))).toBe('42');
    expect(chat.stopIds).toEqual([3]);
  });

  test('a template that rewrites earlier turns is refused', () => {
    const rewriting = createChatFormat(
      files('{{ messages | length }}{% for m in messages %}{{ m.content }}<|end|>{% endfor %}'),
    );
    expect(() => rewriting.encodeContinuation([user('1'), assistant('2')], [user('3')])).toThrow(
      'leaves earlier turns as they were',
    );
  });

  test('a missing template or tokenizer says what to add', () => {
    const without = new Map(files(TURNS));
    without.set('tokenizer_config.json', '{}');
    expect(() => createChatFormat(without)).toThrow('needs a chat template');
    expect(() => createChatFormat(new Map())).toThrow('needs tokenizer.json');
    expect(() => createChatFormat(new Map([['tokenizer.json', '{']]))).toThrow(
      'needs JSON in tokenizer.json',
    );
  });
});
