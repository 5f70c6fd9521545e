import { readFileSync } from 'node:fs';
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
      'leaves earlier turns as they were, got one that rewrites them: character 0 on was "1',
    );
  });

  test('a template that opens the answer otherwise than it writes it later is refused', () => {
    const thinking = createChatFormat(files(`${TURNS}{% if add_generation_prompt %}?{% endif %}`));
    expect(() => thinking.encodeContinuation([user('1'), assistant('2')], [user('3')])).toThrow(
      'was "?" and is "2<|end|>". Put a training template that only appends into chat_template.jinja',
    );
  });

  test('a template that does not end the answer is refused', () => {
    const endless = createChatFormat(
      files(
        '{% for m in messages %}{{ m.content }}{% if m.role == "user" %}<|end|>{% endif %}{% endfor %}',
      ),
    );
    expect(() => endless.encodeContinuation([user('1'), assistant('2')], [user('3')])).toThrow(
      'ends an answer with a stop token (<|end|>), got one that ends it with "1<|end|>2"',
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

describe('several tokens that end a turn', () => {
  const read = (name: string) =>
    readFileSync(new URL(`../fixtures/chatml-tokenizer/${name}`, import.meta.url), 'utf8');
  const chatMl = new Map(
    ['tokenizer.json', 'tokenizer_config.json'].map((name) => [name, read(name)]),
  );
  const generation = (ids: unknown) =>
    new Map(chatMl).set('generation_config.json', JSON.stringify({ eos_token_id: ids }));

  test('are those of both configurations, that of the tokenizer first and each once', () => {
    expect(createChatFormat(chatMl).stopIds).toEqual([2]);
    expect(createChatFormat(generation(0)).stopIds).toEqual([2, 0]);
    expect(createChatFormat(generation([0, 2, 1])).stopIds).toEqual([2, 0, 1]);
    expect(createChatFormat(generation(null)).stopIds).toEqual([2]);
  });

  test('are none of the answer, whichever was sampled', () => {
    const both = createChatFormat(generation([0, 2]));
    const answer = createTokenizer(chatMl).encode('Hello!');
    for (const stop of both.stopIds)
      expect(both.decodeCompletion([...answer, stop])).toBe('Hello!');
    expect(both.decodeCompletion([...answer, 1])).toBe('Hello!<|im_start|>');
    expect(both.encodeCompletion('Hello!')).toEqual([...answer, 2]);
  });

  test('may end the answer where the eos_token does not', () => {
    const other = generation([2]).set(
      'tokenizer_config.json',
      read('tokenizer_config.json').replace(
        '"eos_token": "<|im_end|>"',
        '"eos_token": "<|endoftext|>"',
      ),
    );
    const [first, second] = [user('Hi'), user('And now?')];
    const format = createChatFormat(other);
    expect(format.stopIds).toEqual([0, 2]);
    expect([
      ...format.encodePrompt([first]),
      ...createTokenizer(chatMl).encode('Hello!<|im_end|>'),
      ...format.encodeContinuation([first, assistant('Hello!')], [second]),
    ]).toEqual(format.encodePrompt([first, assistant('Hello!'), second]));
    other.delete('generation_config.json');
    expect(() =>
      createChatFormat(other).encodeContinuation([first, assistant('Hello!')], [second]),
    ).toThrow('Add the token that ends a turn to eos_token_id in generation_config.json');
  });

  test('must be ids', () => {
    expect(() => createChatFormat(generation('<|im_end|>'))).toThrow('got "<|im_end|>"');
    expect(() => createChatFormat(generation([2, -1]))).toThrow('got -1');
  });

  test('leave a conversation with tools whole from turn to turn', () => {
    const options = { tools: [{ type: 'function', function: { name: 'add' } }] };
    const format = createChatFormat(chatMl);
    const before = [user('1+1?'), assistant('2')];
    const ids = [
      ...format.encodePrompt(before.slice(0, 1), options),
      ...format.encodeCompletion('2'),
      ...format.encodeContinuation(before, [{ role: 'tool', content: '2' }], options),
    ];
    const after = [...before, { role: 'tool', content: '2' } as const];
    expect(ids).toEqual(format.encodePrompt(after, options));
    expect(createTokenizer(chatMl).decode(ids)).toContain('{"type": "function", "function": ');
  });
});
