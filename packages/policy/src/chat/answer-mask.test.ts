import { readFileSync } from 'node:fs';
import type { Message } from '@grpo/rewards';
import { describe, expect, test } from 'vitest';
import { encodeSpans } from './answer-mask.js';
import { createChatFormat } from './chat-format.js';
import { createChatTemplate } from './chat-template.js';
import { createTokenizer } from './tokenizer.js';

interface Golden {
  readonly name: string;
  readonly chat_template: string;
  readonly messages: readonly Message[];
  readonly text: string;
  readonly ids: readonly number[];
  readonly assistant_masks: readonly number[];
}

const read = (name: string) =>
  readFileSync(new URL(`../../fixtures/chatml-tokenizer/${name}`, import.meta.url), 'utf8');
const goldens: readonly Golden[] = JSON.parse(read('assistant-masks.json')).cases;
const files = new Map(
  ['tokenizer.json', 'tokenizer_config.json'].map((name) => [name, read(name)]),
);
const tokenizer = createTokenizer(files);

describe('the mask of the assistant, beside return_assistant_tokens_mask of transformers', () => {
  test.each(goldens)('of $name', ({ chat_template, messages, text, ids, assistant_masks }) => {
    const format = createChatFormat(files, tokenizer, { chatTemplate: chat_template });
    expect(createChatTemplate(chat_template)({ messages, addGenerationPrompt: false })).toBe(text);
    const whole = format.encodeConversation(messages);
    expect(whole.ids).toEqual(ids);
    expect(whole.mask.map(Number)).toEqual(assistant_masks);
  });
});

describe('tokens of spans', () => {
  const span = (start: number, end: number) => [{ start, end }];
  const marked = (text: string, spans: { start: number; end: number }[]) => {
    const { ids, mask } = encodeSpans(tokenizer, text, spans);
    return tokenizer.decode(ids.filter((_, t) => mask[t]));
  };

  test('a character of several tokens is marked whole, also as the last of a span', () => {
    const text = 'a 🎉 b';
    expect(tokenizer.encode('🎉').length).toBeGreaterThan(1);
    expect(marked(text, span(2, 4))).toBe(' 🎉'); // the first of its tokens begins with the space
    expect(marked(text, span(5, 6))).toBe(' b');
  });

  test('an empty span marks nothing, and so do no spans', () => {
    expect(marked('Hello there', span(3, 3))).toBe('');
    expect(marked('Hello there', [])).toBe('');
    expect(encodeSpans(tokenizer, '', [])).toEqual({ ids: [], mask: [] });
  });

  test('a tokenizer that does not give the text back is refused', () => {
    const cleaning = createTokenizer(
      new Map(files).set('tokenizer_config.json', '{"clean_up_tokenization_spaces": true}'),
    );
    expect(() => encodeSpans(cleaning, 'a . b', span(0, 1))).toThrow(
      'encodeConversation: needs a tokenizer that gives back the text it encodes, got "a. b" for "a . b".',
    );
  });
});
