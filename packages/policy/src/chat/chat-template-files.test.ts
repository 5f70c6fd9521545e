import { describe, expect, test } from 'vitest';
import { chatTemplateOf } from './chat-template-files.js';

const config = (chat_template: unknown): [string, string] => [
  'tokenizer_config.json',
  JSON.stringify({ chat_template }),
];
const listed = config([
  { name: 'default', template: 'D' },
  { name: 'tool_use', template: 'T' },
  { name: 'rag', template: 'R' },
]);
const tools = [{ name: 'add' }];

describe('the chat template of a folder', () => {
  test('is the one text, with and without tools', () => {
    const files = new Map([config('C')]);
    expect(chatTemplateOf(files)).toEqual({
      source: 'C',
      file: 'chat_template of tokenizer_config.json',
    });
    expect(chatTemplateOf(files, { tools }).source).toBe('C');
  });

  test('is the listed one for tools where there are tools, else the default', () => {
    const files = new Map([listed]);
    expect(chatTemplateOf(files).source).toBe('D');
    expect(chatTemplateOf(files, { tools })).toEqual({
      source: 'T',
      file: 'chat_template of tokenizer_config.json, tool_use',
    });
    expect(chatTemplateOf(files, { tools, chatTemplate: 'rag' }).source).toBe('R');
  });

  test('stands in files rather than in tokenizer_config.json', () => {
    const files = new Map([listed, ['chat_template.jinja', 'F']]);
    expect(chatTemplateOf(files, { tools }).source).toBe('F');
    files.set('additional_chat_templates/tool_use.jinja', 'A');
    expect(chatTemplateOf(files).source).toBe('F');
    expect(chatTemplateOf(files, { tools })).toEqual({
      source: 'A',
      file: 'additional_chat_templates/tool_use.jinja',
    });
    expect(() => chatTemplateOf(files, { chatTemplate: 'rag' })).toThrow(
      '(default, tool_use), got "rag"',
    );
  });

  test('gives way to one that is given', () => {
    expect(chatTemplateOf(new Map([listed]), { tools, chatTemplate: '{{ 1 }}' })).toEqual({
      source: '{{ 1 }}',
      file: 'option chatTemplate',
    });
  });

  test('is missed by name', () => {
    expect(() => chatTemplateOf(new Map())).toThrow(
      'needs a chat template, got none in chat_template.jinja or tokenizer_config.json',
    );
    expect(() => chatTemplateOf(new Map([config([{ name: 'rag', template: 'R' }])]))).toThrow(
      'needs a default chat template, got rag. Name one of them as the option chatTemplate.',
    );
    expect(() => chatTemplateOf(new Map([config([{ name: 'rag' }])]))).toThrow(
      'got {"name":"rag"}. Correct the file.',
    );
    expect(() => chatTemplateOf(new Map([config(7)]))).toThrow('got 7');
  });
});
