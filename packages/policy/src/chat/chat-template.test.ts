import { readFileSync } from 'node:fs';
import type { Message } from '@grpo/rewards';
import { describe, expect, test } from 'vitest';
import type { ToolDefinition } from '../types.js';
import { createChatFormat } from './chat-format.js';
import { createChatTemplate } from './chat-template.js';
import { parseChatJson } from './python-numbers.js';
import { createTokenizer, tokenizerConfig } from './tokenizer.js';

interface Chat {
  readonly name: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[] | null;
  readonly add_generation_prompt: boolean;
  readonly chat_template?: string;
  readonly text: string;
  readonly ids: number[];
}

const read = (name: string) =>
  readFileSync(new URL(`../../fixtures/chatml-tokenizer/${name}`, import.meta.url), 'utf8');
const { chats } = parseChatJson(read('reference.json')) as { chats: readonly Chat[] };
const files = new Map(
  ['tokenizer.json', 'tokenizer_config.json'].map((name) => [name, read(name)]),
);
const tokenizer = createTokenizer(files);
const { chat_template: savedTemplate, ...variables } = tokenizerConfig(files);
const user = (content: unknown) => [{ role: 'user', content } as Message];
const rendered = (template: string, content: unknown) =>
  createChatTemplate(template)({ messages: user(content), addGenerationPrompt: false });

describe('a chat template, beside apply_chat_template of transformers', () => {
  test.each(chats)('lays out $name, generation prompt $add_generation_prompt', (chat) => {
    const { messages, tools, add_generation_prompt: addGenerationPrompt, text, ids } = chat;
    const source = chat.chat_template ?? String(savedTemplate);
    expect(
      createChatTemplate(source)({
        messages,
        addGenerationPrompt,
        variables,
        ...(tools ? { tools } : {}),
      }),
    ).toBe(text);
    expect(tokenizer.encode(text)).toEqual(ids);
    if (!addGenerationPrompt) return;
    const format = createChatFormat(new Map(files).set('chat_template.jinja', source));
    expect(format.encodePrompt(messages, tools ? { tools } : {})).toEqual(ids);
  });
});

describe('a chat template', () => {
  test('iterates over what is not there as over an empty list, filtered or not', () => {
    expect(rendered('{% for c in messages[0].calls %}x{% else %}none{% endfor %}', '')).toBe(
      'none',
    );
    expect(rendered('{% for c in messages[0].calls if c.on %}x{% endfor %}.', '')).toBe('.');
    expect(rendered('{% for m in messages if m.content %}{{ m.content }}{% endfor %}', 'a')).toBe(
      'a',
    );
  });

  test('writes small numbers as Python does, in JSON and alone', () => {
    const template = '{{ messages[0].content | tojson }}';
    expect(rendered(template, [1e-7, -2.5e-12, 0.00005, 0.25, 3])).toBe(
      '[1e-07, -2.5e-12, 5e-05, 0.25, 3]',
    );
    expect(rendered('{{ messages[0].content.x }}', { x: 1e-7 })).toBe('1e-07');
    expect(rendered(template, [1e-7, '@number:0;'])).toBe('[1e-07, "@number:0;"]');
  });

  test('says what the template refuses and which file is no template', () => {
    expect(() => rendered("{{ raise_exception('roles must alternate') }}", '')).toThrow(
      'chatTemplate: needs messages that the template accepts, got "roles must alternate"',
    );
    expect(() => createChatTemplate('{% for %}')).toThrow('createChatTemplate: needs a Jinja');
  });
});
